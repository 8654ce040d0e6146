import { useState, type FormEvent } from 'react';
import { useShop } from '../api/catalogue';
import { openCardSession } from '../api/payment';
import { Button } from '../components/Button';
import { ErrorSummary, TextField, type FieldError } from '../components/Field';
import { errorsOf } from '../components/form-errors';
import { Callout } from '../components/States';
import { cardDigits, cardFields, checkCard, groupDigits, type CardText } from './card-rules';
import styles from './Form.module.css';

const FIELDS = {
  '/card_holder_name': 'card-name',
  '/card_number': 'card-number',
  '/expiry_month': 'card-month',
  '/expiry_year': 'card-year',
  '/cvc': 'card-cvc',
};

const NO_CARD: CardText = { card_holder_name: '', card_number: '', expiry_month: '', expiry_year: '', cvc: '' };

/** The sandbox's names, each with what it brings about. */
const MAGIC: [string, string][] = [
  ['AUTHORISED', 'goes through'],
  ['REFUSED', 'is refused'],
  ['REFUSED51', 'is over its limit'],
  ['CHALLENGE', 'asks for 3-D Secure'],
  ['DEVICE CHALLENGE', 'asks about the browser first, then for 3-D Secure'],
  ['LOST', 'loses the answer'],
];

interface CardFormProps {
  /** Where card data goes, and nowhere else. */
  url: string;
  /** Told of the session that stands for the card, and of its last digits. */
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
      // The card has done its work: only the reference and what people recognise it by remain.
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
          <p>This demo takes no real cards. Try 4444 3333 2222 1111; the name decides what the bank says:</p>
          <p className={styles.magic}>
            {MAGIC.map(([name, effect]) => (
              <button
                key={name}
                type="button"
                title={`A card that ${effect}`}
                onClick={() => setCard({ card_holder_name: name, card_number: '4444 3333 2222 1111', expiry_month: '03', expiry_year: '2030', cvc: '737' })}
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
        <TextField id="card-month" label="Month" autoComplete="cc-exp-month" inputMode="numeric" placeholder="MM" maxLength={2} required value={card.expiry_month} error={errorOf('card-month')} onChange={(event) => set({ expiry_month: event.target.value })} />
        <TextField id="card-year" label="Year" autoComplete="cc-exp-year" inputMode="numeric" placeholder="YYYY" maxLength={4} required value={card.expiry_year} error={errorOf('card-year')} onChange={(event) => set({ expiry_year: event.target.value })} />
        <TextField id="card-cvc" label="Security code" autoComplete="cc-csc" inputMode="numeric" maxLength={4} required value={card.cvc} error={errorOf('card-cvc')} onChange={(event) => set({ cvc: event.target.value })} />
      </div>
      <Button type="submit" busy={busy}>Continue to review</Button>
    </form>
  );
}
