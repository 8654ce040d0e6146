import { useState } from 'react';
import type { Order } from '../../api/types';
import { Button } from '../../components/Button';
import { formatMoment } from '../components/formats';
import { TextField, type FieldError } from '../../components/Field';
import { Callout } from '../../components/States';
import { Amount } from '../../money/Price';
import { contentsOf, titleOf } from '../../orders/returns';
import { ORDER_PATHS } from '../api/orders';
import type { ReturnReceipt, ReturnRejection, StaffReturn } from '../api/types';
import { useCommand } from '../api/use-command';
import { CheckField } from '../components/CheckField';
import { ActionDialog } from '../components/Dialog';
import { Card } from '../components/Page';
import { QuantityFields } from '../components/QuantityFields';
import { StatusBadge } from '../components/StatusBadge';
import { useSubmit } from '../components/use-submit';
import { RETURN_STATUS } from '../messages/en';
import styles from './Order.module.css';

export function ReturnsPanel({ order }: { order: Order }) {
  return (
    <Card title="Returns">
      {order.returns.map((one) => <ReturnView key={one.id} order={order} one={one} />)}
    </Card>
  );
}

function ReturnView({ order, one }: { order: Order; one: StaffReturn }) {
  const shown = one.status === 'requested' || one.status === 'rejected' ? one.lines : one.accepted;
  return (
    <div className={styles.return}>
      <div className={styles.returnHead}>
        <h3>Return {one.id}</h3>
        <StatusBadge status={RETURN_STATUS[one.status]} />
      </div>
      <p className={styles.soft}>
        {one.is_withdrawal ? 'The customer withdrew from the contract' : 'Requested'} {formatMoment(one.requested_at)}.
        {one.reason && ` Reason: ${one.reason}`}
      </p>
      <ul>{contentsOf(shown, order).map((text) => <li key={text}>{text}</li>)}</ul>
      {one.refund.amount > 0 && <p>Refund: <Amount value={one.refund} /></p>}
      {one.rejection && <p>Declined: {one.rejection}</p>}
      {one.attention_reason && <Callout kind="danger">{one.attention_reason}</Callout>}
      {one.status === 'requested' && (
        <div className={styles.buttons}>
          <ReceiveButton order={order} one={one} />
          <RejectButton order={order} one={one} />
        </div>
      )}
    </div>
  );
}

function ReceiveButton({ order, one }: { order: Order; one: StaffReturn }) {
  const all = Object.fromEntries(one.lines.map(({ sku, quantity }) => [sku, quantity]));
  const [open, setOpen] = useState(false);
  const [quantities, setQuantities] = useState<Record<string, number>>(all);
  const [restock, setRestock] = useState(true);
  const [shipping, setShipping] = useState(false);
  const receive = useCommand<ReturnReceipt, Order>(`/api/v1/orders/${order.id}/returns/${one.id}/receive`, ORDER_PATHS);
  const form = useSubmit(receive, { done: 'The return is recorded, and the refund is being made.', onDone: () => setOpen(false) });
  const title = (sku: string) => {
    const line = order.lines.find((known) => known.sku === sku);
    return line ? titleOf(line) : sku;
  };
  const submit = () => {
    const lines = one.lines.map(({ sku }) => ({ sku, quantity: quantities[sku] ?? 0 })).filter(({ quantity }) => quantity > 0);
    const errors: FieldError[] = lines.length > 0 ? [] : [{ field: 'receive-line-0', message: 'Accept at least one item, or decline the return.' }];
    form.submit({ lines, restock, ...(shipping && { refund_shipping: true }) }, errors);
  };
  return (
    <>
      <Button size="small" aria-label={`Receive return ${one.id}`} onClick={() => setOpen(true)}>Receive…</Button>
      <ActionDialog
        open={open}
        onClose={() => {
          setOpen(false);
          form.reset();
        }}
        title={`Receive return ${one.id}`}
        action="Receive and refund"
        busy={form.busy}
        errors={form.errors}
        onSubmit={submit}
      >
        <p>The accepted items are refunded at once, and the customer is told by email. This can't be undone.</p>
        <QuantityFields
          prefix="receive-line"
          legend="Accepted items"
          choices={one.lines.map(({ sku, quantity }) => ({ sku, title: title(sku), max: quantity }))}
          quantities={quantities}
          onChange={setQuantities}
        />
        <CheckField checked={restock} onChange={(event) => setRestock(event.target.checked)}>Put the accepted items back into stock</CheckField>
        <CheckField checked={shipping} onChange={(event) => setShipping(event.target.checked)}>
          {one.is_withdrawal
            ? 'Refund all of the chosen delivery. The least expensive one is refunded anyway, once everything is returned.'
            : 'Refund delivery too. Only possible when the whole order is returned.'}
        </CheckField>
      </ActionDialog>
    </>
  );
}

function RejectButton({ order, one }: { order: Order; one: StaffReturn }) {
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const reject = useCommand<ReturnRejection, Order>(`/api/v1/orders/${order.id}/returns/${one.id}/reject`, ORDER_PATHS);
  const form = useSubmit(reject, { fields: { '/reason': 'reject-reason' }, done: 'The return is declined.', onDone: () => setOpen(false) });
  return (
    <>
      <Button look="secondary" size="small" aria-label={`Decline return ${one.id}`} onClick={() => setOpen(true)}>Decline…</Button>
      <ActionDialog
        open={open}
        onClose={() => {
          setOpen(false);
          form.reset();
        }}
        title={`Decline return ${one.id}?`}
        action="Decline return"
        danger
        busy={form.busy}
        errors={form.errors}
        onSubmit={() => form.submit({ reason: reason.trim() }, reason.trim() ? [] : [{ field: 'reject-reason', message: 'Enter a reason.' }])}
      >
        <p>Nothing is refunded. The customer is told by email, and may request another return.</p>
        <TextField id="reject-reason" label="Reason" required hint="The customer sees it." maxLength={200} value={reason} error={form.errorOf('reject-reason')} onChange={(event) => setReason(event.target.value)} />
      </ActionDialog>
    </>
  );
}
