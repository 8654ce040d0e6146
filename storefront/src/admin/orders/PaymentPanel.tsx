import { useState } from 'react';
import { problemText } from '../messages/problems';
import type { Order } from '../../api/types';
import { Button } from '../../components/Button';
import { formatMoment } from '../components/formats';
import { SelectField, TextField } from '../../components/Field';
import { Callout, Loading, Skeleton } from '../../components/States';
import { Amount } from '../../money/Price';
import { ORDER_PATHS, useOrderPayment } from '../api/orders';
import type { OperationResolution, PaymentDetails, PaymentOperation } from '../api/types';
import { useCommand } from '../api/use-command';
import { DataTable, type Column } from '../components/DataTable';
import { ActionDialog } from '../components/Dialog';
import { Card, Facts } from '../components/Page';
import { StatusBadge } from '../components/StatusBadge';
import { useSubmit } from '../components/use-submit';
import { OPERATION_KIND, OPERATION_STATE } from '../messages/en';
import { useCan } from '../shell/permissions';
import styles from './Order.module.css';

export function PaymentPanel({ order }: { order: Order }) {
  const payment = useOrderPayment(order.number);
  const { captured, refunded, charged_back } = order.payment;
  return (
    <Card title="Payment">
      <Facts
        inline
        items={[
          ['Captured', <Amount key="captured" value={captured} />],
          ['Refunded', <Amount key="refunded" value={refunded} />],
          ...(charged_back.amount > 0 ? [['Charged back', <Amount key="back" value={charged_back} />] as const] : []),
        ]}
      />
      {payment.isPending && <Loading label="Loading the payment"><Skeleton height="6rem" /></Loading>}
      {payment.isError && <Callout kind="warn"><p>{problemText(payment.error)}</p></Callout>}
      {payment.data && <Operations details={payment.data} />}
    </Card>
  );
}

export function Operations({ details }: { details: PaymentDetails }) {
  const can = useCan();
  const [resolving, setResolving] = useState<PaymentOperation | null>(null);
  const columns: Column<PaymentOperation>[] = [
    { key: 'kind', header: 'Operation', render: ({ kind, started_at }) => <>{OPERATION_KIND[kind]}<span className={styles.sku}>{formatMoment(started_at)}</span></> },
    { key: 'amount', header: 'Amount', align: 'end', render: ({ amount }) => <Amount value={amount} /> },
    {
      key: 'state',
      header: 'State',
      render: (operation) => (
        <>
          <StatusBadge status={OPERATION_STATE[operation.state]} />
          {operation.refusal && <span className={styles.sku}>{operation.refusal.reason}</span>}
          {operation.state === 'needs_attention' && can('payments:write') && (
            <> <Button look="secondary" size="small" onClick={() => setResolving(operation)}>Resolve…</Button></>
          )}
        </>
      ),
    },
    { key: 'gateway', header: 'Gateway', minor: true, render: ({ gateway, reference }) => <>{gateway}<span className={styles.sku}>{reference}</span></> },
  ];
  return (
    <>
      {details.discrepancies.length > 0 && (
        <Callout kind="warn">
          <p>The gateway's records differ from the shop's:</p>
          <ul>{details.discrepancies.map((text) => <li key={text}>{text}</li>)}</ul>
        </Callout>
      )}
      <DataTable caption="Payment operations" columns={columns} rows={details.operations} rowKey={({ number }) => String(number)} empty={<p>No operations.</p>} />
      <ResolveOperation paymentId={details.payment.id} operation={resolving} onClose={() => setResolving(null)} />
    </>
  );
}

function ResolveOperation({ paymentId, operation, onClose }: { paymentId: string; operation: PaymentOperation | null; onClose: () => void }) {
  const [outcome, setOutcome] = useState<OperationResolution['outcome']>('done');
  const [reason, setReason] = useState('');
  const resolve = useCommand<OperationResolution, PaymentDetails>(`/api/v1/payments/${paymentId}/operations/${operation?.number ?? 0}/resolve`, ORDER_PATHS);
  const form = useSubmit(resolve, { fields: { '/reason': 'operation-reason' }, done: 'The operation is resolved.', onDone: onClose });
  return (
    <ActionDialog
      open={operation !== null}
      onClose={() => {
        onClose();
        form.reset();
      }}
      title={`Resolve the ${operation ? OPERATION_KIND[operation.kind].toLowerCase() : ''}`}
      action="Resolve"
      busy={form.busy}
      errors={form.errors}
      onSubmit={() => form.submit({ outcome, reason: reason.trim() }, reason.trim() ? [] : [{ field: 'operation-reason', message: 'Enter the evidence.' }])}
    >
      <p>The gateway did not say how this operation ended. Look it up there, under the reference <strong>{operation?.reference}</strong>, and say what you found. The shop's records follow your answer.</p>
      <SelectField id="operation-outcome" label="Outcome" value={outcome} onChange={(event) => setOutcome(event.target.value as OperationResolution['outcome'])}>
        <option value="done">It was done: the money was moved</option>
        <option value="not_done">It was not done: no money was moved</option>
      </SelectField>
      <TextField id="operation-reason" label="Evidence" required hint="For example: seen on the gateway's statement of 3 May." maxLength={200} value={reason} error={form.errorOf('operation-reason')} onChange={(event) => setReason(event.target.value)} />
    </ActionDialog>
  );
}
