import type { OrderStatus } from '../../api/types';
import { SelectField, TextField } from '../../components/Field';
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
import { AWAITS_RETURN, endOfDay, startOfDay, statusQuery } from './order-filters';

export default function OrdersPage() {
  const table = useTableState('q', 'status', 'from', 'to');
  const { q, status, from, to } = table.filters;
  const list = useList<StaffOrder>('/api/v1/orders', {
    all: true, q, ...statusQuery(status), placed_from: startOfDay(from), placed_before: endOfDay(to), cursor: table.cursor, limit: 25,
  });
  const isFiltered = [q, status, from, to].some(Boolean);
  return (
    <Page title="Orders">
      <Toolbar label="Filters">
        <SearchField hint="Number, email or name." value={q ?? ''} onChange={(value) => table.setFilter('q', value)} />
        <StatusFilter value={status ?? ''} onChange={(value) => table.setFilter('status', value)} />
        <TextField id="order-from" type="date" label="Placed from" value={from ?? ''} onChange={(event) => table.setFilter('from', event.target.value)} />
        <TextField id="order-to" type="date" label="Placed until" value={to ?? ''} onChange={(event) => table.setFilter('to', event.target.value)} />
      </Toolbar>
      <DataTable
        caption="Orders"
        columns={ORDER_COLUMNS}
        rows={list.rows}
        rowKey={({ id }) => id}
        error={list.error}
        onRetry={list.retry}
        stale={list.stale}
        empty={<Empty title={isFiltered ? 'No orders match' : 'No orders yet'} />}
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
      <option value={AWAITS_RETURN}>Return to receive</option>
    </SelectField>
  );
}
