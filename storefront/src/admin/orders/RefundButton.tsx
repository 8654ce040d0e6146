import { useState } from 'react';
import type { Order } from '../../api/types';
import { Button } from '../../components/Button';
import { TextField, type FieldError } from '../../components/Field';
import { parseMajor } from '../../money/money';
import { useFormats } from '../../messages/formats';
import { returnables } from '../../orders/returns';
import { ORDER_PATHS } from '../api/orders';
import type { RefundRequest } from '../api/types';
import { useCommand } from '../api/use-command';
import { CheckField } from '../components/CheckField';
import { ActionDialog } from '../components/Dialog';
import { QuantityFields } from '../components/QuantityFields';
import { useSubmit } from '../components/use-submit';
import { useCan } from '../shell/permissions';
import { paidFor, refundable } from './refunds';

export function RefundButton({ order }: { order: Order }) {
  const can = useCan();
  const [open, setOpen] = useState(false);
  const [by, setBy] = useState<'items' | 'amount'>('items');
  const [amount, setAmount] = useState('');
  const [reason, setReason] = useState('');
  const [quantities, setQuantities] = useState<Record<string, number>>({});
  const { money } = useFormats();
  const choices = returnables(order).map(({ sku, title, left }) => ({ sku, title, max: left }));
  const most = refundable(order.payment);
  const { currency } = most;
  const refund = useCommand<RefundRequest, Order>(`/api/v1/orders/${order.id}/refunds`, ORDER_PATHS);
  const form = useSubmit(refund, {
    fields: { '/amount': 'refund-amount', '/amount/amount': 'refund-amount', '/reason': 'refund-reason', '/lines': 'refund-line-0' },
    done: 'The refund is being made.',
    onDone: () => close(),
  });
  if (!can('orders:write') || most.amount === 0) return null;

  const close = () => {
    setOpen(false);
    setAmount('');
    setReason('');
    setQuantities({});
    form.reset();
  };

  const submit = () => {
    const errors: FieldError[] = [];
    const minor = parseMajor(amount, currency);
    const lines = order.lines.map(({ sku }) => ({ sku, quantity: quantities[sku] ?? 0 })).filter(({ quantity }) => quantity > 0);
    if (by === 'items' && lines.length === 0) errors.push({ field: 'refund-line-0', message: 'Choose the items to refund.' });
    if (by === 'amount' && !minor) errors.push({ field: 'refund-amount', message: 'Enter the amount to refund.' });
    if (by === 'amount' && minor !== null && minor > most.amount) errors.push({ field: 'refund-amount', message: `At most ${money(most)} can be refunded.` });
    if (reason.trim() === '') errors.push({ field: 'refund-reason', message: 'Enter a reason.' });
    form.submit({ ...(by === 'items' ? { lines } : { amount: { amount: minor ?? 0, currency } }), reason: reason.trim() }, errors);
  };

  return (
    <>
      <Button look="secondary" size="small" onClick={() => setOpen(true)}>Refund</Button>
      <ActionDialog open={open} onClose={close} title={`Refund order ${order.number}`} action="Refund" danger busy={form.busy} errors={form.errors} onSubmit={submit}>
        <p>The money goes back the way it was paid, and the stock does not change. The customer is told by email. This can't be undone.</p>
        <CheckField type="radio" name="refund-by" checked={by === 'items'} onChange={() => setBy('items')}>
          <strong>Items</strong><br />The customer keeps them, and can't return them any more.
        </CheckField>
        <CheckField type="radio" name="refund-by" checked={by === 'amount'} onChange={() => setBy('amount')}>
          <strong>An amount</strong><br />For example for a late delivery.
        </CheckField>
        {by === 'items'
          ? (
            <>
              <QuantityFields prefix="refund-line" legend="Items" choices={choices} quantities={quantities} onChange={setQuantities} />
              <p role="status">About {money({ amount: paidFor(order.lines, quantities), currency })}, with tax and discounts.</p>
            </>
          )
          : <TextField id="refund-amount" label={`Amount in ${currency}`} inputMode="decimal" autoComplete="off" required hint={`Up to ${money(most)}.`} value={amount} error={form.errorOf('refund-amount')} onChange={(event) => setAmount(event.target.value)} />}
        <TextField id="refund-reason" label="Reason" required hint="The customer sees it." maxLength={200} value={reason} error={form.errorOf('refund-reason')} onChange={(event) => setReason(event.target.value)} />
      </ActionDialog>
    </>
  );
}
