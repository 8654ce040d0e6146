import { useState } from 'react';
import { usePaymentMethods } from '../api/payment';
import { ApiError } from '../api/problem';
import type { PaymentMethod, PaymentSource, Refusal } from '../api/types';
import { Button } from '../components/Button';
import { errorsOf } from '../components/form-errors';
import { Icon } from '../components/Icon';
import { Callout, Failure, Loading, Skeleton } from '../components/States';
import { CardForm } from './CardForm';
import styles from './Form.module.css';
import { isGivenUp } from './purchase';
import { waysToPay, whatFollows } from './ways-to-pay';

export interface ChosenPayment {
  source: PaymentSource;
  entry: PaymentMethod['entry']['type'];
  /** For the eyes only: "Card ending in 1111". */
  label: string;
}

interface PaymentStepProps {
  refusal: Refusal | null;
  /** What was wrong with the payment chosen before. */
  problem: ApiError | null;
  onDone: (payment: ChosenPayment) => void;
}

/** Whether a problem lies with how it was to be paid: a card reference serves once and not for long. */
export function isAboutPayment(error: unknown): error is ApiError {
  if (!(error instanceof ApiError)) return false;
  return error.slug === 'unknown-payment-method' || (error.body.errors ?? []).some(({ pointer }) => pointer.startsWith('/payment'));
}

export function PaymentStep({ refusal, problem, onDone }: PaymentStepProps) {
  const methods = usePaymentMethods();
  const [chosen, setChosen] = useState<string | null>(null);
  if (methods.isPending) return <Loading label="Loading the ways to pay"><Skeleton width="100%" height="12rem" /></Loading>;
  if (methods.isError) return <Failure error={methods.error} onRetry={() => void methods.refetch()} title="The ways to pay did not load" />;
  const ways = waysToPay(methods.data.items);
  const way = ways.find((one) => one.method === chosen) ?? ways[0];
  return (
    <div className={styles.form}>
      {refusal && isGivenUp(refusal) && (
        <Callout>
          <p><strong>Choose another way to pay.</strong> {refusal.reason} Your order is kept.</p>
        </Callout>
      )}
      {refusal && !isGivenUp(refusal) && (
        <Callout kind="danger">
          <p><strong>The payment was refused.</strong> {refusal.reason}</p>
          <p>Nothing was charged and your order is kept. Try another card{ways.length > 1 && ' or another way to pay'}.</p>
        </Callout>
      )}
      {problem && (
        <Callout kind="danger">
          <p><strong>The order was not placed, and nothing was charged.</strong> {errorsOf(problem, {}).map(({ message }) => message).join(' ')}</p>
          <p>Please choose again how to pay.</p>
        </Callout>
      )}
      {ways.length > 1 && (
        <fieldset className={styles.choices}>
          <legend>Way to pay</legend>
          {ways.map((one) => (
            <label key={one.method} className={styles.choice}>
              <input type="radio" name="payment-method" checked={one === way} onChange={() => setChosen(one.method)} />
              <span className={styles.choiceName}>{one.label}</span>
            </label>
          ))}
        </fieldset>
      )}
      {way
        ? <WayForm key={way.method} way={way} onDone={onDone} />
        : (
          <Callout kind="warn">
            {methods.data.items.length > 0
              ? "This shop takes cards through fields of its payment partner, and those need a page of the merchant's own. You cannot pay on this page."
              : 'There is no way to pay at the moment. Please come back later.'}
          </Callout>
        )}
    </div>
  );
}

function WayForm({ way, onDone }: { way: PaymentMethod; onDone: (payment: ChosenPayment) => void }) {
  const { method, label, gateway, entry } = way;
  if (entry.type === 'card_form') {
    return (
      <CardForm
        url={entry.url}
        onDone={(session, lastDigits) => onDone({
          // Nobody else knows the session.
          source: { method, gateway, session },
          entry: entry.type,
          label: `${label} ending in ${lastDigits}`,
        })}
      />
    );
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        onDone({ source: { method }, entry: entry.type, label });
      }}
    >
      <p className={styles.follows}><Icon name="arrow" size={18} /> {whatFollows(entry.type)}</p>
      <Button type="submit">Continue to review</Button>
    </form>
  );
}
