import { Link } from 'react-router';
import type { OrderStatus } from '../../api/types';
import { formatMoment } from '../components/formats';
import { SelectField } from '../../components/Field';
import { Empty } from '../../components/States';
import { Amount } from '../../money/Price';
import type { StaffOrder } from '../api/types';
import { DataTable, type Column } from '../components/DataTable';
import { Page, Toolbar } from '../components/Page';
import { Pager } from '../components/Pager';
import { SearchField } from '../components/SearchField';
import { StatusBadge } from '../components/StatusBadge';
import { useList } from '../components/use-list';
import { useTableState } from '../components/use-table-state';
import { ORDER_STATUS } from '../messages/en';
import styles from './Order.module.css';

const COLUMNS: readonly Column<StaffOrder>[] = [
  { key: 'number', header: 'Order', render: ({ id, number }) => <Link to={`/orders/${id}`}>{number}</Link> },
  { key: 'placed', header: 'Placed', minor: true, render: ({ placed_at }) => formatMoment(placed_at) },
  { key: 'customer', header: 'Customer', render: ({ customer }) => customer && <>{customer.name}<span className={styles.email}>{customer.email}</span></> },
  { key: 'items', header: 'Items', align: 'end', minor: true, render: ({ item_count }) => item_count },
  { key: 'total', header: 'Total', align: 'end', render: ({ total }) => <Amount value={total} /> },
  { key: 'status', header: 'Status', render: ({ status }) => <StatusBadge status={ORDER_STATUS[status]} /> },
];

export default function OrdersPage() {
  const table = useTableState('q', 'status');
  const { q, status } = table.filters;
  const list = useList<StaffOrder>('/api/v1/orders', { all: true, q, status, cursor: table.cursor, limit: 25 });
  return (
    <Page title="Orders">
      <Toolbar label="Filters">
        <SearchField hint="Number, email or name." value={q ?? ''} onChange={(value) => table.setFilter('q', value)} />
        <StatusFilter value={status ?? ''} onChange={(value) => table.setFilter('status', value)} />
      </Toolbar>
      <DataTable
        caption="Orders"
        columns={COLUMNS}
        rows={list.rows}
        rowKey={({ id }) => id}
        error={list.error}
        onRetry={list.retry}
        stale={list.stale}
        empty={<Empty title={q || status ? 'No orders match' : 'No orders yet'} />}
        footer={<Pager controls={table} list={list} />}
      />
    </Page>
  );
}

function StatusFilter({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <SelectField id="order-status" label="Status" value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">All</option>
      {(Object.keys(ORDER_STATUS) as OrderStatus[]).map((status) => <option key={status} value={status}>{ORDER_STATUS[status].label}</option>)}
    </SelectField>
  );
}
