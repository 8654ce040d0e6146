import { useState } from 'react';
import { messageOf } from '../api/problem';
import { Button } from '../components/Button';
import { TextField } from '../components/Field';
import { useToasts } from '../components/Toasts';
import { Callout } from '../components/States';
import styles from './CancelOrder.module.css';
import { useOrderCommand } from './use-order-command';

export function CancelOrder({ id, token }: { id: string; token: string | null }) {
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState('');
  const cancel = useOrderCommand(id, token, 'cancel');
  const { announce } = useToasts();

  if (!asking) return <Button look="secondary" onClick={() => setAsking(true)}>Cancel order</Button>;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        cancel.mutate(reason.trim() ? { reason: reason.trim() } : {}, { onSuccess: () => announce('Your order is being cancelled') });
      }}
    >
      <p><strong>Cancel the whole order?</strong> We'll stop the delivery and refund your payment.</p>
      <TextField id="cancel-reason" label="Reason" optional maxLength={200} value={reason} onChange={(event) => setReason(event.target.value)} />
      {cancel.isError && <Callout kind="danger">{messageOf(cancel.error)}</Callout>}
      <div className={styles.actions}>
        <Button type="submit" busy={cancel.isPending}>Yes, cancel order</Button>
        <Button look="quiet" onClick={() => setAsking(false)}>Keep order</Button>
      </div>
    </form>
  );
}
