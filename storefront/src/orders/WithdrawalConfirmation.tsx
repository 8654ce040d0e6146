import type { Order } from '../api/types';
import { Button } from '../components/Button';
import { ErrorSummary, type FieldError } from '../components/Field';
import { usePurchaseMessages } from '../messages/messages';
import form from './ItemsForm.module.css';
import { contentsOf, type Returnable } from './returns';
import { declaredLines, type WithdrawalDraft } from './withdrawal';
import { WithdrawalFacts } from './WithdrawalFacts';
import styles from './WithdrawalForm.module.css';

interface WithdrawalConfirmationProps {
  order: Order;
  draft: WithdrawalDraft;
  choices: readonly Returnable[];
  errors: FieldError[];
  isBusy: boolean;
  onConfirm: () => void;
  onBack: () => void;
}

/** The second step: repeats the declaration, which the button sends. */
export function WithdrawalConfirmation({ order, draft, choices, errors, isBusy, onConfirm, onBack }: WithdrawalConfirmationProps) {
  const t = usePurchaseMessages();
  return (
    <>
      <ErrorSummary errors={errors} />
      <p>{t.withdrawal.declaration(order.number)}</p>
      <ul className={styles.items}>
        {contentsOf(declaredLines(draft, choices), order).map((text) => <li key={text}>{text}</li>)}
      </ul>
      <WithdrawalFacts order={order} />
      <div className={form.actions}>
        <Button busy={isBusy} onClick={onConfirm}>{t.withdrawal.confirm}</Button>
        <Button look="quiet" onClick={isBusy ? undefined : onBack}>{t.withdrawal.back}</Button>
      </div>
    </>
  );
}
