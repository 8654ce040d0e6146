import { useState, type FormEvent } from 'react';
import { useShop } from '../api/catalogue';
import { openCardSession, usePaymentMethods } from '../api/payment';
import type { PaymentMethod, Refusal } from '../api/types';
import { Button } from '../components/Button';
import { ErrorSummary, TextField, type FieldError } from '../components/Field';
import { errorsOf } from '../components/form-errors';
import { Callout, Failure, Loading, Skeleton } from '../components/States';
import { cardDigits, cardFields, checkCard, groupDigits, type CardText } from './card-rules';
import styles from './Form.module.css';

export interface ChosenPayment {
  method: string;
  session: string;
  /** For the eyes only: "Card ending in 1111". */
  label: string;
}

interface PaymentStepProps {
  refusal: Refusal | null;
  onDone: (payment: ChosenPayment) => void;
}

export function PaymentStep({ refusal, onDone }: PaymentStepProps) {
  const methods = usePaymentMethods();
  const [chosen, setChosen] = useState<string | null>(null);
  if (methods.isPending) return <Loading label="Loading the ways to pay"><Skeleton width="100%" height="12rem" /></Loading>;
  if (methods.isError) return <Failure error={methods.error} onRetry={() => void methods.refetch()} title="The ways to pay did not load" />;
  const items = methods.data.items;
  const method = items.find((one) => one.method === chosen) ?? items[0];
  return (
    <div className={styles.form}>
      {refusal && (
        <Callout kind="danger">
          <p><strong>Your bank refused the payment.</strong> {refusal.reason}</p>
          <p>Nothing was charged and your order is kept. Try another card.</p>
        </Callout>
      )}
      {items.length > 1 && (
        <fieldset className={styles.choices}>
          <legend>Way to pay</legend>
          {items.map((one) => (
            <label key={one.method} className={styles.choice}>
              <input type="radio" name="payment-method" checked={one === method} onChange={() => setChosen(one.method)} />
              <span className={styles.choiceName}>{one.label}</span>
            </label>
          ))}
        </fieldset>
      )}
      {method?.session_url
        ? <CardForm key={method.method} method={method} sessionUrl={method.session_url} onDone={onDone} />
        : <Callout kind="warn">{method ? `${method.label} needs the fields of ${method.gateway}, which this storefront does not include yet.` : 'There is no way to pay at the moment. Please come back later.'}</Callout>}
    </div>
  );
}

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
  ['LOST', 'loses the answer'],
];

interface CardFormProps {
  method: PaymentMethod;
  sessionUrl: string;
  onDone: (payment: ChosenPayment) => void;
}

function CardForm({ method, sessionUrl, onDone }: CardFormProps) {
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
      const session = await openCardSession(sessionUrl, cardFields(card));
      const lastDigits = cardDigits(card.card_number).slice(-4);
      // The card has done its work: only the reference and what people recognise it by remain.
      setCard(NO_CARD);
      onDone({ method: method.method, session, label: `${method.label} ending in ${lastDigits}` });
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
