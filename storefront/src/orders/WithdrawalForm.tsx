import { useEffect, useRef, useState } from 'react';
import type { Order } from '../api/types';
import type { FieldError } from '../components/Field';
import { errorsOf } from '../components/form-errors';
import { usePurchaseMessages } from '../messages/messages';
import styles from './ItemsForm.module.css';
import { useOrderCommand } from './use-order-command';
import { withdrawables, withdrawalRequest, type WithdrawalDraft } from './withdrawal';
import { WithdrawalConfirmation } from './WithdrawalConfirmation';
import { WithdrawalItems } from './WithdrawalItems';

interface WithdrawalFormProps {
  order: Order;
  token: string | null;
  onDone: () => void;
  onCancel: () => void;
}

/** Asks what to withdraw from, then for the confirmation, as Directive 2011/83/EU, article 11a, describes it. */
export function WithdrawalForm({ order, token, onDone, onCancel }: WithdrawalFormProps) {
  const t = usePurchaseMessages();
  // As they were at the beginning: what is confirmed must be what was shown.
  const [choices] = useState(() => withdrawables(order));
  const [draft, setDraft] = useState<WithdrawalDraft>({ isPart: false, quantities: {} });
  const [isConfirming, setConfirming] = useState(false);
  const [errors, setErrors] = useState<FieldError[]>([]);
  const withdraw = useOrderCommand(order.id, token, 'withdrawals');

  const goTo = (confirming: boolean) => {
    setErrors([]);
    setConfirming(confirming);
  };
  const onConfirm = () => {
    setErrors([]);
    withdraw.mutate(withdrawalRequest(draft, choices), { onSuccess: onDone, onError: (error) => setErrors(errorsOf(error, {}, t)) });
  };

  return (
    <div className={styles.form}>
      <StepHeading key={String(isConfirming)}>{isConfirming ? t.withdrawal.confirmTitle : t.withdrawal.formTitle}</StepHeading>
      {isConfirming ? (
        <WithdrawalConfirmation
          order={order}
          draft={draft}
          choices={choices}
          errors={errors}
          isBusy={withdraw.isPending}
          onConfirm={onConfirm}
          onBack={() => goTo(false)}
        />
      ) : (
        <WithdrawalItems order={order} draft={draft} choices={choices} onChange={setDraft} onDone={() => goTo(true)} onCancel={onCancel} />
      )}
    </div>
  );
}

/** Takes the focus, so that screen readers begin to read at the step. */
function StepHeading({ children }: { children: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return <h3 ref={heading} tabIndex={-1}>{children}</h3>;
}
