import type { OrderStatus } from '../../api/types';
import { SelectField } from '../../components/Field';
import { Empty } from '../../components/States';
import type { StaffOrder } from '../api/types';
import { DataTable } from '../components/DataTable';
import { Page, Toolbar } from '../components/Page';
import { Pager } from '../components/Pager';
import { SearchField } from '../components/SearchField';
import { useList } from '../components/use-list';
import { useTableState } from '../components/use-table-state';
import { ORDER_STATUS } from '../messages/en';
import { ORDER_COLUMNS } from './order-columns';

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
        columns={ORDER_COLUMNS}
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
