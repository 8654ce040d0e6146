import { useState } from 'react';
import type { Order } from '../../api/types';
import { Button } from '../../components/Button';
import { Amount } from '../../money/Price';
import { ORDER_PATHS } from '../api/orders';
import { useCommand } from '../api/use-command';
import { ActionDialog } from '../components/Dialog';
import { useSubmit } from '../components/use-submit';
import { useCan } from '../shell/permissions';

/** Captures the rest of a payment that is otherwise captured as the parcels leave. */
export function CaptureButton({ order }: { order: Order }) {
  const can = useCan();
  const [open, setOpen] = useState(false);
  const capture = useCommand<undefined, Order>(`/api/v1/orders/${order.id}/capture`, ORDER_PATHS);
  const close = () => setOpen(false);
  const form = useSubmit(capture, { done: 'The payment is being captured.', onDone: close });
  if (!order.can_capture || !can('orders:write')) return null;
  const rest = { ...order.totals.total, amount: order.totals.total.amount - order.payment.captured.amount };
  return (
    <>
      <Button look="secondary" size="small" onClick={() => setOpen(true)}>Capture payment</Button>
      <ActionDialog open={open} onClose={close} title={`Capture the payment of order ${order.number}?`} action="Capture payment" busy={form.busy} errors={form.errors} onSubmit={() => form.submit(undefined)}>
        <p>The customer is charged <Amount value={rest} /> now. Otherwise, each parcel is charged when it leaves, and the authorisation may expire before that.</p>
      </ActionDialog>
    </>
  );
}
