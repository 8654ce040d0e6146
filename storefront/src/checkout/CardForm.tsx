import { useState, type FormEvent } from 'react';
import { useShop } from '../api/catalogue';
import { openCardSession } from '../api/payment';
import { Button } from '../components/Button';
import { ErrorSummary, TextField, type FieldError } from '../components/Field';
import { errorsOf } from '../components/form-errors';
import { Callout } from '../components/States';
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

/** The sandbox's cardholder names, each with its outcome. */
const TEST_CARDS: [string, string][] = [
  ['AUTHORISED', 'is accepted'],
  ['REFUSED', 'is declined'],
  ['REFUSED51', 'has insufficient funds'],
  ['CHALLENGE', 'requires 3-D Secure'],
  ['DEVICE CHALLENGE', 'collects device data, then requires 3-D Secure'],
  ['LOST', 'gets no response'],
];

interface CardFormProps {
  /** The gateway's URL, the only place that card data is sent to. */
  url: string;
  /** Receives the session that stands for the card, and the card's last digits. */
  onDone: (session: string, lastDigits: string) => void;
}

export function CardForm({ url, onDone }: CardFormProps) {
  const { data: shop } = useShop();
  const [card, setCard] = useState(NO_CARD);
  const [errors, setErrors] = useState<FieldError[]>([]);
  const [busy, setBusy] = useState(false);
  const errorOf = (field: string) => errors.find((error) => error.field === field)?.message;
  const set = (part: Partial<CardText>) => setCard((before) => ({ ...before, ...part }));

  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    const found = checkCard(card, new Date());
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
      setErrors(errorsOf(error, FIELDS));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form className={styles.form} onSubmit={(event) => void onSubmit(event)} noValidate>
      <ErrorSummary errors={errors} />
      {shop?.demo && (
        <Callout>
          <p>This is a demo, so no real card is charged. Choose a test card:</p>
          <p className={styles.testCards}>
            {TEST_CARDS.map(([name, effect]) => (
              <button
                key={name}
                type="button"
                title={`A card that ${effect}`}
                onClick={() => setCard({ card_holder_name: name, card_number: '4444 3333 2222 1111', expiry: '03/30', cvc: '737' })}
              >
                {name}<span className="visually-hidden">: a card that {effect}</span>
              </button>
            ))}
          </p>
        </Callout>
      )}
      <TextField id="card-name" label="Name on card" autoComplete="cc-name" maxLength={120} required value={card.card_holder_name} error={errorOf('card-name')} onChange={(event) => set({ card_holder_name: event.target.value })} />
      <TextField id="card-number" label="Card number" autoComplete="cc-number" inputMode="numeric" maxLength={23} required value={card.card_number} error={errorOf('card-number')} onChange={(event) => set({ card_number: groupDigits(event.target.value) })} />
      <div className={styles.card}>
        <TextField id="card-expiry" label="Expiry date" autoComplete="cc-exp" inputMode="numeric" placeholder="MM/YY" maxLength={9} required value={card.expiry} error={errorOf('card-expiry')} onChange={(event) => set({ expiry: formatExpiry(event.target.value, card.expiry) })} />
        <TextField id="card-cvc" label="Security code" autoComplete="cc-csc" inputMode="numeric" maxLength={4} required value={card.cvc} error={errorOf('card-cvc')} onChange={(event) => set({ cvc: event.target.value })} />
      </div>
      <Button type="submit" busy={busy}>Continue to review</Button>
    </form>
  );
}
