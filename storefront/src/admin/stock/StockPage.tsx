import { useState, type FormEvent } from 'react';
import { Button } from '../../components/Button';
import { SelectField, TextField } from '../../components/Field';
import { Empty } from '../../components/States';
import { useNavigate } from '../../router/hooks';
import { Link } from '../../router/Link';
import type { StockLevel } from '../api/types';
import { DataTable, type Column } from '../components/DataTable';
import { Page, pageStyles, Toolbar } from '../components/Page';
import { Pager } from '../components/Pager';
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
  const table = useTableState('show');
  const { show } = table.filters;
  const list = useList<StockLevel>('/api/v1/stock', { low: show === 'low', shortfall: show === 'short', cursor: table.cursor, limit: 25 });
  return (
    <Page title="Stock">
      <Toolbar label="Filters">
        <SelectField id="stock-show" label="Show" value={show ?? ''} onChange={(event) => table.setFilter('show', event.target.value)}>
          <option value="">All</option>
          <option value="low">Low stock</option>
          <option value="short">More reserved than on hand</option>
        </SelectField>
        <OpenSku />
      </Toolbar>
      <DataTable
        caption="Stock"
        columns={COLUMNS}
        rows={list.rows}
        rowKey={({ sku }) => sku}
        error={list.error}
        onRetry={list.retry}
        stale={list.stale}
        empty={<Empty title={show === 'low' ? 'Nothing is running low' : show === 'short' ? 'Nothing is missing' : 'No stock yet'} />}
        footer={<Pager controls={table} list={list} />}
      />
    </Page>
  );
}

/** The list cannot be searched, so a SKU that is known opens directly. */
function OpenSku() {
  const [sku, setSku] = useState('');
  const navigate = useNavigate();
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (sku.trim()) void navigate(`/stock/${encodeURIComponent(sku.trim())}`);
  };
  return (
    <form onSubmit={onSubmit} className={pageStyles.inlineForm}>
      <TextField id="stock-sku" type="search" label="Open a SKU" autoComplete="off" maxLength={255} value={sku} onChange={(event) => setSku(event.target.value)} />
      <Button type="submit" look="secondary">Open</Button>
    </form>
  );
}
