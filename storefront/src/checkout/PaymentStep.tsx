import { useState } from 'react';
import { usePaymentMethods } from '../api/payment';
import { ApiError } from '../api/problem';
import type { PaymentMethod, PaymentSource, Refusal } from '../api/types';
import { Button } from '../components/Button';
import { errorsOf } from '../components/form-errors';
import { Icon } from '../components/Icon';
import { Callout, Failure, Loading, Skeleton } from '../components/States';
import { usePurchaseMessages } from '../messages/messages';
import { CardForm } from './CardForm';
import styles from './Form.module.css';
import { isCancelledByCustomer } from './purchase';
import { methodLabel, offeredMethods, refusalText } from './payment-methods';

export interface ChosenPayment {
  source: PaymentSource;
  entry: PaymentMethod['entry']['type'];
  /** The text of the summary, such as "Card ending in 1111". */
  label: string;
}

interface PaymentStepProps {
  refusal: Refusal | null;
  /** The problem with the payment chosen before. */
  problem: ApiError | null;
  onDone: (payment: ChosenPayment) => void;
}

/** Returns true for a problem with the chosen payment, such as a card session that has expired or been used. */
export function isAboutPayment(error: unknown): error is ApiError {
  if (!(error instanceof ApiError)) return false;
  return error.slug === 'unknown-payment-method' || (error.body.errors ?? []).some(({ pointer }) => pointer.startsWith('/payment'));
}

export function PaymentStep({ refusal, problem, onDone }: PaymentStepProps) {
  const t = usePurchaseMessages();
  const methods = usePaymentMethods();
  const [chosen, setChosen] = useState<string | null>(null);
  if (methods.isPending) return <Loading label={t.payment.loadingMethods}><Skeleton width="100%" height="12rem" /></Loading>;
  if (methods.isError) return <Failure error={methods.error} onRetry={() => void methods.refetch()} title={t.payment.methodsNotLoaded} />;
  const offered = offeredMethods(methods.data.items);
  const selected = offered.find((one) => one.method === chosen) ?? offered[0];
  return (
    <div className={styles.form}>
      {refusal && isCancelledByCustomer(refusal) && (
        <Callout>
          <p><strong>{t.payment.cancelledTitle}</strong> {t.payment.cancelledText}</p>
        </Callout>
      )}
      {refusal && !isCancelledByCustomer(refusal) && (
        <Callout kind="danger">
          <p><strong>{t.payment.declined}</strong> {refusalText(refusal, t)}</p>
          <p>{offered.length > 1 ? t.payment.declinedTextMethods : t.payment.declinedText}</p>
        </Callout>
      )}
      {problem && (
        <Callout kind="danger">
          <p><strong>{t.payment.notPlaced}</strong> {errorsOf(problem, {}, t).map(({ message }) => message).join(' ')}</p>
          <p>{t.payment.chooseAgain}</p>
        </Callout>
      )}
      {offered.length > 1 && (
        <fieldset className={styles.choices}>
          <legend>{t.payment.method}</legend>
          {offered.map((one) => (
            <label key={one.method} className={styles.choice}>
              <input type="radio" name="payment-method" checked={one === selected} onChange={() => setChosen(one.method)} />
              <span className={styles.choiceName}>{methodLabel(one, t)}</span>
            </label>
          ))}
        </fieldset>
      )}
      {selected
        ? <MethodForm key={selected.method} paymentMethod={selected} onDone={onDone} />
        : (
          <Callout kind="warn">
            {methods.data.items.length > 0
              ? t.payment.noneSupported
              : t.payment.noneAvailable}
          </Callout>
        )}
    </div>
  );
}

function MethodForm({ paymentMethod, onDone }: { paymentMethod: PaymentMethod; onDone: (payment: ChosenPayment) => void }) {
  const t = usePurchaseMessages();
  const { method, gateway, entry } = paymentMethod;
  const label = methodLabel(paymentMethod, t);
  if (entry.type === 'card_form') {
    return (
      <CardForm
        url={entry.url}
        onDone={(session, lastDigits) => onDone({
          // The session exists at this gateway only, so the payment must go to the same one.
          source: { method, gateway, session },
          entry: entry.type,
          label: t.payment.cardEnding(label, lastDigits),
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
      {(entry.type === 'redirect' || entry.type === 'transfer') && (
        <p className={styles.nextStep}><Icon name="arrow" size={18} /> {entry.type === 'redirect' ? t.payment.nextRedirect : t.payment.nextTransfer}</p>
      )}
      <Button type="submit">{t.checkout.toReview}</Button>
    </form>
  );
}
