import { useState } from 'react';
import { Button } from '../../components/Button';
import { SelectField } from '../../components/Field';
import { Empty } from '../../components/States';
import { Amount } from '../../money/Price';
import { Link } from '../../router/Link';
import type { PaymentDetails } from '../api/types';
import { DataTable, type Column } from '../components/DataTable';
import { Page, Toolbar } from '../components/Page';
import { Pager } from '../components/Pager';
import { SearchField } from '../components/SearchField';
import { StatusBadge } from '../components/StatusBadge';
import { useList } from '../components/use-list';
import { useTableState } from '../components/use-table-state';
import { PAYMENT_STATUS } from '../messages/en';
import { useCan } from '../shell/permissions';
import { awaitsTransfer } from './transfers';
import { TransferDialog } from './TransferDialog';

export default function PaymentsPage() {
  const can = useCan();
  const table = useTableState('number', 'show');
  const { number, show } = table.filters;
  const list = useList<PaymentDetails>('/api/v1/payments', { order_number: number, awaiting_transfer: show === 'transfers', cursor: table.cursor, limit: 50 });
  const [recording, setRecording] = useState<PaymentDetails | null>(null);
  const columns: Column<PaymentDetails>[] = [
    { key: 'order', header: 'Order', render: ({ payment }) => <OrderLink details={payment} /> },
    { key: 'gateway', header: 'Gateway', minor: true, render: ({ operations }) => operations.at(-1)?.gateway ?? '' },
    { key: 'amount', header: 'Amount', align: 'end', render: ({ payment }) => <Amount value={payment.amount} /> },
    { key: 'captured', header: 'Captured', align: 'end', minor: true, render: ({ payment }) => <Amount value={payment.captured} /> },
    { key: 'refunded', header: 'Refunded', align: 'end', minor: true, render: ({ payment }) => <Amount value={payment.refunded} /> },
    {
      key: 'status',
      header: 'Status',
      render: (details) => (
        <>
          <StatusBadge status={awaitsTransfer(details.payment) ? { label: 'Awaiting transfer', tone: 'warn' } : PAYMENT_STATUS[details.payment.status]} />
          {awaitsTransfer(details.payment) && can('payments:write') && (
            <> <Button look="secondary" size="small" aria-label={`Record transfer for order ${details.payment.order_number}`} onClick={() => setRecording(details)}>Record transfer…</Button></>
          )}
        </>
      ),
    },
  ];
  return (
    <Page title="Payments" description="The oldest come first.">
      <Toolbar label="Filters">
        <SearchField label="Order number" value={number ?? ''} onChange={(value) => table.setFilter('number', value)} />
        <SelectField id="payment-show" label="Show" value={show ?? ''} onChange={(event) => table.setFilter('show', event.target.value)}>
          <option value="">All</option>
          <option value="transfers">Awaiting a bank transfer</option>
        </SelectField>
      </Toolbar>
      <DataTable
        caption="Payments"
        columns={columns}
        rows={list.rows}
        rowKey={({ payment }) => payment.id}
        error={list.error}
        onRetry={list.retry}
        stale={list.stale}
        // The filters apply to the payments of a page, so an empty page need not be the last one.
        empty={<Empty title={list.nextCursor ? 'None on this page' : 'No payments'} />}
        footer={<Pager controls={table} list={list} />}
      />
      {recording && <TransferDialog details={recording} onClose={() => setRecording(null)} />}
    </Page>
  );
}

/** An order exists once its payment was authorised, and stays when the payment is voided. */
function OrderLink({ details }: { details: PaymentDetails['payment'] }) {
  return details.status === 'authorised' || details.status === 'voided' ? <Link to={`/orders/${details.order_id}`}>{details.order_number}</Link> : details.order_number;
}
