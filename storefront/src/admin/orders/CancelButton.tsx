import { useState } from 'react';
import type { CancellationRequest, Order } from '../../api/types';
import { Button } from '../../components/Button';
import { TextField } from '../../components/Field';
import { ORDER_PATHS } from '../api/orders';
import { useCommand } from '../api/use-command';
import { ActionDialog } from '../components/Dialog';
import { useSubmit } from '../components/use-submit';

export function CancelButton({ order }: { order: Order }) {
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const cancel = useCommand<CancellationRequest, Order>(`/api/v1/orders/${order.id}/cancel`, ORDER_PATHS);
  const form = useSubmit(cancel, {
    fields: { '/reason': 'cancel-reason' },
    done: `Order ${order.number} is being cancelled.`,
    onDone: () => setOpen(false),
  });
  return (
    <>
      <Button look="secondary" size="small" onClick={() => setOpen(true)}>Cancel order</Button>
      <ActionDialog
        open={open}
        onClose={() => {
          setOpen(false);
          form.reset();
        }}
        title={`Cancel order ${order.number}?`}
        action="Cancel order"
        keep="Keep order"
        danger
        busy={form.busy}
        errors={form.errors}
        onSubmit={() => form.submit(reason.trim() ? { reason: reason.trim() } : {})}
      >
        <p>Nothing will be shipped, the items go back into stock, and any payment is voided or refunded. The customer is told by email. This can't be undone.</p>
        <TextField id="cancel-reason" label="Reason" optional hint="The customer sees it." maxLength={200} value={reason} error={form.errorOf('cancel-reason')} onChange={(event) => setReason(event.target.value)} />
      </ActionDialog>
    </>
  );
}
