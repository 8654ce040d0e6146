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
import { useNotices } from '../components/Notices';
import { Loading, Skeleton } from '../components/States';
import { Amount } from '../money/Price';
import styles from './Form.module.css';

interface DeliveryStepProps {
  cart: Cart;
  country: string;
  /** The city of the address, offered as the first search. */
  city: string;
  /** Where it went before: asked again at once when the price has run out. */
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
  const ask = useQuoteDelivery();
  const choose = useChooseDelivery();
  const { announce } = useNotices();
  const query = useDebounced(text, 200);
  const places = usePlaces(country, quote || ask.isPending ? '' : query);
  const items = quote || ask.isPending || text.trim().length < 2 ? [] : (places.data?.items ?? []);

  const onPlace = (place: Place) => {
    setText(placeName(place));
    setErrors([]);
    ask.mutate(place.id, {
      onSuccess: (next) => {
        onQuote(next);
        announce(`${next.options.length} ways of delivery to ${next.place.name}`);
        if (!next.options.some((one) => one.option === option)) setOption(next.options[0]?.option ?? null);
      },
      onError: (error) => setErrors([{ field: 'checkout-place', message: messageOf(error) }]),
    });
  };

  const askAgain = useRef(quote ? null : lastPlace);
  useEffect(() => {
    const place = askAgain.current;
    askAgain.current = null;
    if (place) onPlace(place);
  });

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (!quote) return setErrors([{ field: 'checkout-place', message: 'Choose your town from the list, so that we know the price.' }]);
    if (!option) return setErrors([{ message: 'Choose a way of delivery.' }]);
    setErrors([]);
    choose.mutate({ quote_id: quote.quote_id, option }, {
      onSuccess: onDone,
      onError: (error) => {
        // The quote has run out, or the cart is another by now: its price no longer holds.
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
        hint="Begin to type and choose from the list: delivery is priced by distance."
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
          status={!quote && query.trim().length >= 2 && places.isSuccess && !places.isPlaceholderData ? 'No town of that name. Try the next larger one.' : ''}
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
      {ask.isPending && <Loading label="Asking what delivery costs"><Skeleton width="100%" height="4rem" /></Loading>}
      {quote && (
        <fieldset className={styles.choices}>
          <legend>Way of delivery</legend>
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
