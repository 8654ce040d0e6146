import { SelectField } from '../../components/Field';
import { Empty } from '../../components/States';
import { Link } from '../../router/Link';
import type { StockLevel } from '../api/types';
import { DataTable, type Column } from '../components/DataTable';
import { Page, Toolbar } from '../components/Page';
import { Pager } from '../components/Pager';
import { SearchField } from '../components/SearchField';
import { StatusBadge } from '../components/StatusBadge';
import { useList } from '../components/use-list';
import { useTableState } from '../components/use-table-state';
import { OVERSELL } from '../messages/en';
import { stockStatus } from './stock-status';

const COLUMNS: readonly Column<StockLevel>[] = [
  { key: 'sku', header: 'SKU', render: ({ sku }) => <Link to={`/stock/${encodeURIComponent(sku)}`}>{sku}</Link> },
  { key: 'available', header: 'Available', align: 'end', render: ({ available }) => available },
  { key: 'on-hand', header: 'On hand', align: 'end', render: ({ on_hand }) => on_hand },
  { key: 'reserved', header: 'Reserved', align: 'end', minor: true, render: ({ reserved }) => reserved },
  { key: 'oversell', header: 'When none is left', minor: true, render: ({ oversell }) => OVERSELL[oversell].label },
  { key: 'status', header: 'Status', render: (level) => <StatusBadge status={stockStatus(level)} /> },
];

export default function StockPage() {
  const table = useTableState('q', 'show');
  const { q, show } = table.filters;
  const list = useList<StockLevel>('/api/v1/stock', { q, low: show === 'low', shortfall: show === 'short', cursor: table.cursor, limit: 25 });
  return (
    <Page title="Stock">
      <Toolbar label="Filters">
        <SearchField hint="The beginning of the SKU." value={q ?? ''} onChange={(value) => table.setFilter('q', value)} />
        <SelectField id="stock-show" label="Show" value={show ?? ''} onChange={(event) => table.setFilter('show', event.target.value)}>
          <option value="">All</option>
          <option value="low">Low stock</option>
          <option value="short">More reserved than on hand</option>
        </SelectField>
      </Toolbar>
      <DataTable
        caption="Stock"
        columns={COLUMNS}
        rows={list.rows}
        rowKey={({ sku }) => sku}
        error={list.error}
        onRetry={list.retry}
        stale={list.stale}
        empty={<Empty title={emptyTitle(q, show)} />}
        footer={<Pager controls={table} list={list} />}
      />
    </Page>
  );
}

function emptyTitle(q: string | undefined, show: string | undefined): string {
  if (q) return 'No SKU matches';
  if (show === 'low') return 'Nothing is running low';
  return show === 'short' ? 'Nothing is missing' : 'No stock yet';
}
