import { useEffect, useRef, useState, type FormEvent } from 'react';
import { useChooseDelivery, useQuoteDelivery } from '../api/cart';
import { messageOf } from '../api/problem';
import { usePlaces } from '../api/shipping';
import type { Cart, Place, Quote } from '../api/types';
import { Button } from '../components/Button';
import { Combobox } from '../components/Combobox';
import { daysText } from '../components/dates';
import { useDebounced } from '../components/debounced';
import { ErrorSummary, Field, inputClass, type FieldError } from '../components/Field';
import { useToasts } from '../components/Toasts';
import { Loading, Skeleton } from '../components/States';
import { Amount } from '../money/Price';
import styles from './Form.module.css';

interface DeliveryStepProps {
  cart: Cart;
  country: string;
  /** The city of the address, the default search text. */
  city: string;
  /** The place chosen before, which is quoted again at once when its quote has expired. */
  lastPlace: Place | null;
  quote: Quote | null;
  onQuote: (quote: Quote | null) => void;
  onDone: () => void;
}

function placeName({ name, region }: Place): string {
  return region && region !== name ? `${name}, ${region}` : name;
}

export function DeliveryStep({ cart, country, city, lastPlace, quote, onQuote, onDone }: DeliveryStepProps) {
  const [text, setText] = useState(quote || lastPlace ? placeName((quote?.place ?? lastPlace) as Place) : city);
  const [option, setOption] = useState<string | null>(cart.shipping?.option ?? null);
  const [errors, setErrors] = useState<FieldError[]>([]);
  const requestQuote = useQuoteDelivery();
  const choose = useChooseDelivery();
  const { announce } = useToasts();
  const query = useDebounced(text, 200);
  const places = usePlaces(country, quote || requestQuote.isPending ? '' : query);
  const items = quote || requestQuote.isPending || text.trim().length < 2 ? [] : (places.data?.items ?? []);

  const onPlace = (place: Place) => {
    setText(placeName(place));
    setErrors([]);
    requestQuote.mutate(place.id, {
      onSuccess: (next) => {
        onQuote(next);
        announce(`${next.options.length} delivery ${next.options.length === 1 ? 'method' : 'methods'} to ${next.place.name}`);
        if (!next.options.some((one) => one.option === option)) setOption(next.options[0]?.option ?? null);
      },
      onError: (error) => setErrors([{ field: 'checkout-place', message: messageOf(error) }]),
    });
  };

  const quoteAgain = useRef(quote ? null : lastPlace);
  useEffect(() => {
    const place = quoteAgain.current;
    quoteAgain.current = null;
    if (place) onPlace(place);
  });

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (!quote) return setErrors([{ field: 'checkout-place', message: 'Choose your town from the list so we can calculate the delivery price.' }]);
    if (!option) return setErrors([{ message: 'Choose a delivery method.' }]);
    setErrors([]);
    choose.mutate({ quote_id: quote.quote_id, option }, {
      onSuccess: onDone,
      onError: (error) => {
        // The quote has expired or the cart has changed, so a new price is needed.
        onQuote(null);
        setErrors([{ field: 'checkout-place', message: messageOf(error) }]);
      },
    });
  };

  const placeError = errors.find((error) => error.field === 'checkout-place')?.message;
  return (
    <form className={styles.form} onSubmit={onSubmit} noValidate>
      <ErrorSummary errors={errors} />
      <Field
        id="checkout-place"
        label="Nearest town or city"
        hint="Start typing and choose from the list. The delivery price depends on the distance."
        error={placeError}
      >
        <Combobox<Place>
          id="checkout-place"
          value={text}
          onValueChange={(next) => {
            setText(next);
            onQuote(null);
          }}
          items={items}
          itemKey={(place) => String(place.id)}
          listLabel="Towns"
          status={!quote && query.trim().length >= 2 && places.isSuccess && !places.isPlaceholderData ? 'No match. Try a larger town nearby.' : ''}
          inputClassName={inputClass}
          enterKeyHint="next"
          required
          invalid={Boolean(placeError)}
          describedBy={placeError ? 'checkout-place-hint checkout-place-error' : 'checkout-place-hint'}
          onPick={onPlace}
          renderItem={(place) => (
            <span className={styles.place}>
              {place.name} <small>{[place.region, place.country].filter(Boolean).join(', ')}</small>
            </span>
          )}
        />
      </Field>
      {requestQuote.isPending && <Loading label="Calculating the delivery price"><Skeleton width="100%" height="4rem" /></Loading>}
      {quote && (
        <fieldset className={styles.choices}>
          <legend>Delivery method</legend>
          {quote.options.map((one) => (
            <label key={one.option} className={styles.choice}>
              <input type="radio" name="delivery" checked={option === one.option} onChange={() => setOption(one.option)} />
              <span className={styles.choiceName}>
                {one.label}
                <small>{daysText(one.estimated_days)}</small>
              </span>
              {one.price.amount === 0 ? 'Free' : <Amount value={one.price} />}
            </label>
          ))}
        </fieldset>
      )}
      <Button type="submit" busy={choose.isPending}>Continue to payment</Button>
    </form>
  );
}
