import { useState } from 'react';
import { messageOf } from '../api/problem';
import { Button } from '../components/Button';
import { TextField } from '../components/Field';
import { useToasts } from '../components/Toasts';
import { Callout } from '../components/States';
import { usePurchaseMessages } from '../messages/messages';
import styles from './CancelOrder.module.css';
import { useOrderCommand } from './use-order-command';

export function CancelOrder({ id, token }: { id: string; token: string | null }) {
  const t = usePurchaseMessages();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState('');
  const cancel = useOrderCommand(id, token, 'cancel');
  const { announce } = useToasts();

  if (!asking) return <Button look="secondary" onClick={() => setAsking(true)}>{t.orders.cancel}</Button>;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        cancel.mutate(reason.trim() ? { reason: reason.trim() } : {}, { onSuccess: () => announce(t.orders.cancelling) });
      }}
    >
      <p><strong>{t.orders.cancelQuestion}</strong> {t.orders.cancelText}</p>
      <TextField id="cancel-reason" label={t.orders.reason} optional maxLength={200} value={reason} onChange={(event) => setReason(event.target.value)} />
      {cancel.isError && <Callout kind="danger">{messageOf(cancel.error, t)}</Callout>}
      <div className={styles.actions}>
        <Button type="submit" busy={cancel.isPending}>{t.orders.cancelYes}</Button>
        <Button look="quiet" onClick={() => setAsking(false)}>{t.orders.cancelNo}</Button>
      </div>
    </form>
  );
}
