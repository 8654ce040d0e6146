import { useState, type FormEvent } from 'react';
import { useShop } from '../api/catalogue';
import { openCardSession } from '../api/payment';
import { Button } from '../components/Button';
import { ErrorSummary, TextField, type FieldError } from '../components/Field';
import { errorsOf } from '../components/form-errors';
import { Callout } from '../components/States';
import { usePurchaseMessages } from '../messages/messages';
import { cardDigits, cardFields, checkCard, formatExpiry, groupDigits, type CardText } from './card-rules';
import styles from './Form.module.css';

const FIELDS = {
  '/card_holder_name': 'card-name',
  '/card_number': 'card-number',
  '/expiry_month': 'card-expiry',
  '/expiry_year': 'card-expiry',
  '/cvc': 'card-cvc',
};

const NO_CARD: CardText = { card_holder_name: '', card_number: '', expiry: '', cvc: '' };

/** The sandbox's names of cardholders, each of which has an outcome. */
const TEST_CARDS = ['AUTHORISED', 'REFUSED', 'REFUSED51', 'CHALLENGE', 'DEVICE CHALLENGE', 'LOST'] as const;

interface CardFormProps {
  /** The gateway's URL, the only place that card data is sent to. */
  url: string;
  /** Receives the session that stands for the card, and the card's last digits. */
  onDone: (session: string, lastDigits: string) => void;
}

export function CardForm({ url, onDone }: CardFormProps) {
  const t = usePurchaseMessages();
  const { data: shop } = useShop();
  const [card, setCard] = useState(NO_CARD);
  const [errors, setErrors] = useState<FieldError[]>([]);
  const [busy, setBusy] = useState(false);
  const errorOf = (field: string) => errors.find((error) => error.field === field)?.message;
  const set = (part: Partial<CardText>) => setCard((before) => ({ ...before, ...part }));

  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    const found = checkCard(card, new Date(), t);
    setErrors(found);
    if (found.length > 0) return;
    setBusy(true);
    try {
      const session = await openCardSession(url, cardFields(card));
      const lastDigits = cardDigits(card.card_number).slice(-4);
      // Card data must not outlive its use: only the session and the last digits are kept.
      setCard(NO_CARD);
      onDone(session, lastDigits);
    } catch (error) {
      setErrors(errorsOf(error, FIELDS, t));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form className={styles.form} onSubmit={(event) => void onSubmit(event)} noValidate>
      <ErrorSummary errors={errors} />
      {shop?.demo && (
        <Callout>
          <p>{t.payment.demoCards}</p>
          <p className={styles.testCards}>
            {TEST_CARDS.map((name) => (
              <button
                key={name}
                type="button"
                title={t.payment.testCard(t.payment.testCards[name])}
                onClick={() => setCard({ card_holder_name: name, card_number: '4444 3333 2222 1111', expiry: '03/30', cvc: '737' })}
              >
                {name}<span className="visually-hidden">{t.payment.testCardAfterName(t.payment.testCards[name])}</span>
              </button>
            ))}
          </p>
        </Callout>
      )}
      <TextField id="card-name" label={t.payment.cardName} autoComplete="cc-name" maxLength={120} required value={card.card_holder_name} error={errorOf('card-name')} onChange={(event) => set({ card_holder_name: event.target.value })} />
      <TextField id="card-number" label={t.payment.cardNumber} autoComplete="cc-number" inputMode="numeric" maxLength={23} required value={card.card_number} error={errorOf('card-number')} onChange={(event) => set({ card_number: groupDigits(event.target.value) })} />
      <div className={styles.card}>
        <TextField id="card-expiry" label={t.payment.cardExpiry} autoComplete="cc-exp" inputMode="numeric" placeholder={t.payment.cardExpiryFormat} maxLength={9} required value={card.expiry} error={errorOf('card-expiry')} onChange={(event) => set({ expiry: formatExpiry(event.target.value, card.expiry) })} />
        <TextField id="card-cvc" label={t.payment.cardCode} autoComplete="cc-csc" inputMode="numeric" maxLength={4} required value={card.cvc} error={errorOf('card-cvc')} onChange={(event) => set({ cvc: event.target.value })} />
      </div>
      <Button type="submit" busy={busy}>{t.checkout.toReview}</Button>
    </form>
  );
}
