import { useState } from 'react';
import type { Order } from '../../api/types';
import { Button } from '../../components/Button';
import { TextField, type FieldError } from '../../components/Field';
import { parseMajor, toInputText } from '../../money/money';
import { useMoneyFormat } from '../../money/Price';
import { titleOf } from '../../orders/returns';
import { ORDER_PATHS } from '../api/orders';
import type { RefundRequest } from '../api/types';
import { useCommand } from '../api/use-command';
import { ActionDialog } from '../components/Dialog';
import { QuantityFields } from '../components/QuantityFields';
import { useSubmit } from '../components/use-submit';
import { useCan } from '../shell/permissions';
import { paidFor, refundable } from './refunds';

export function RefundButton({ order }: { order: Order }) {
  const can = useCan();
  const [open, setOpen] = useState(false);
  const [amount, setAmount] = useState('');
  const [reason, setReason] = useState('');
  const [quantities, setQuantities] = useState<Record<string, number>>({});
  const money = useMoneyFormat();
  const most = refundable(order.payment);
  const { currency } = most;
  const refund = useCommand<RefundRequest, Order>(`/api/v1/orders/${order.id}/refunds`, ORDER_PATHS);
  const form = useSubmit(refund, {
    fields: { '/amount': 'refund-amount', '/amount/amount': 'refund-amount', '/reason': 'refund-reason' },
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
    const minor = parseMajor(amount, currency);
    const errors: FieldError[] = [];
    if (minor === null || minor === 0) errors.push({ field: 'refund-amount', message: 'Enter the amount to refund.' });
    else if (minor > most.amount) errors.push({ field: 'refund-amount', message: `At most ${money(most)} can be refunded.` });
    if (reason.trim() === '') errors.push({ field: 'refund-reason', message: 'Enter a reason.' });
    form.submit({ amount: { amount: minor ?? 0, currency }, reason: reason.trim() }, errors);
  };

  return (
    <>
      <Button look="secondary" size="small" onClick={() => setOpen(true)}>Refund</Button>
      <ActionDialog open={open} onClose={close} title={`Refund order ${order.number}`} action="Refund" danger busy={form.busy} errors={form.errors} onSubmit={submit}>
        <p>The money goes back the way it was paid. Items stay with the customer, and the stock does not change. The customer is told by email. This can't be undone.</p>
        <QuantityFields
          prefix="refund-line"
          legend="Fill in the amount of these items"
          choices={order.lines.map((line) => ({ sku: line.sku, title: titleOf(line), max: line.quantity }))}
          quantities={quantities}
          onChange={(next) => {
            setQuantities(next);
            setAmount(toInputText(Math.min(paidFor(order.lines, next), most.amount), currency));
          }}
        />
        <TextField id="refund-amount" label={`Amount in ${currency}`} inputMode="decimal" autoComplete="off" required hint={`Up to ${money(most)}.`} value={amount} error={form.errorOf('refund-amount')} onChange={(event) => setAmount(event.target.value)} />
        <TextField id="refund-reason" label="Reason" required hint="The customer sees it." maxLength={200} value={reason} error={form.errorOf('refund-reason')} onChange={(event) => setReason(event.target.value)} />
      </ActionDialog>
    </>
  );
}
