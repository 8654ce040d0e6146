import { useEffect, useRef, useState, type FormEvent } from 'react';
import { useChooseDelivery } from '../api/cart';
import { messageOf } from '../api/problem';
import type { Address, Cart, Quote } from '../api/types';
import { Button } from '../components/Button';
import { ErrorSummary, type FieldError } from '../components/Field';
import { useToasts } from '../components/Toasts';
import { Loading, Skeleton } from '../components/States';
import { Amount } from '../money/Price';
import { usePurchaseMessages } from '../messages/messages';
import { optionLabel } from './delivery-option';
import styles from './Form.module.css';
import type { DeliveryQuote } from './use-delivery-quote';

interface DeliveryStepProps {
  cart: Cart;
  address: Address;
  delivery: DeliveryQuote;
  onQuoted: (quote: Quote) => void;
  onDone: () => void;
}

export function DeliveryStep({ cart, address, delivery, onQuoted, onDone }: DeliveryStepProps) {
  const t = usePurchaseMessages();
  const { quote, places, placeId, busy } = delivery;
  const [chosen, setChosen] = useState<string | null>(cart.shipping?.option ?? null);
  const [picked, setPicked] = useState(placeId);
  const [errors, setErrors] = useState<FieldError[]>([]);
  const choose = useChooseDelivery();
  const { announce } = useToasts();
  const option = quote?.options.some((one) => one.option === chosen) ? chosen : (quote?.options[0]?.option ?? null);

  const request = async (place: number | null) => {
    setErrors([]);
    const outcome = await delivery.request(address, place);
    if (outcome.kind === 'quoted') {
      onQuoted(outcome.quote);
      announce(t.checkout.methods(outcome.quote.options.length));
    }
    if (outcome.kind === 'problem') setErrors([{ message: messageOf(outcome.error, t) }]);
  };

  // After a reload or a change of the cart there is no price yet.
  const isMissing = !quote && !busy && delivery.error === null && (places.length === 0 || placeId !== null);
  const requestRef = useRef(request);
  useEffect(() => {
    requestRef.current = request;
  });
  useEffect(() => {
    if (isMissing) void requestRef.current(placeId);
  }, [isMissing, placeId]);

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (!quote) {
      if (places.length > 0) return setErrors([{ field: 'checkout-place-0', message: t.checkout.whichError(address.city ?? t.checkout.place) }]);
      return void request(placeId);
    }
    if (!option) return setErrors([{ message: t.checkout.noMethod }]);
    setErrors([]);
    choose.mutate({ quote_id: quote.quote_id, option }, {
      onSuccess: onDone,
      onError: (error) => {
        // The quote has expired or the cart has changed, so a new price is needed.
        delivery.expire();
        setErrors([{ message: messageOf(error, t) }]);
      },
    });
  };

  return (
    <form className={styles.form} onSubmit={onSubmit} noValidate>
      <ErrorSummary errors={errors} />
      {places.length > 0 && (
        <fieldset className={styles.choices}>
          <legend>{t.checkout.which(address.city ?? t.checkout.place)}</legend>
          {places.map((place, index) => (
            <label key={place.id} className={styles.choice}>
              <input
                id={`checkout-place-${index}`}
                type="radio"
                name="place"
                required
                checked={picked === place.id}
                onChange={() => {
                  setPicked(place.id);
                  void request(place.id);
                }}
              />
              <span className={styles.choiceName}>
                {place.name}
                {place.region && <small>{place.region}</small>}
              </span>
            </label>
          ))}
        </fieldset>
      )}
      {busy && <Loading label={t.checkout.calculating}><Skeleton width="100%" height="4rem" /></Loading>}
      {quote && !busy && (
        <fieldset className={styles.choices}>
          <legend>{t.checkout.method}</legend>
          {quote.options.map((one) => (
            <label key={one.option} className={styles.choice}>
              <input type="radio" name="delivery" checked={option === one.option} onChange={() => setChosen(one.option)} />
              <span className={styles.choiceName}>
                {optionLabel(one, t)}
                <small>{t.common.days(one.estimated_days.min, one.estimated_days.max)}</small>
              </span>
              {one.price.amount === 0 ? t.common.free : <Amount value={one.price} />}
            </label>
          ))}
        </fieldset>
      )}
      {quote?.estimated && address.city && (
        <p className={styles.hint}>{t.checkout.estimated(address.city)}</p>
      )}
      <Button type="submit" busy={choose.isPending}>{t.checkout.toPayment}</Button>
    </form>
  );
}
