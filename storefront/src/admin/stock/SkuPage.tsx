import { useQuery } from '@tanstack/react-query';
import { isStatus } from '../../api/problem';
import { useParams } from '../../router/hooks';
import { formatMoment } from '../components/formats';
import { Empty, Failure, Loading, Skeleton } from '../../components/States';
import type { StockChange, StockRecord } from '../api/types';
import { DataTable, type Column } from '../components/DataTable';
import { Card, Columns, Facts, Page } from '../components/Page';
import { Pager } from '../components/Pager';
import { StatusBadge } from '../components/StatusBadge';
import { useList } from '../components/use-list';
import { useTableState } from '../components/use-table-state';
import { ADJUSTMENT_KIND, OVERSELL, STOCK_REASON } from '../messages/en';
import { useCan } from '../shell/permissions';
import { AdjustStock } from './AdjustStock';
import { stockStatus } from './stock-status';
import { ThresholdForm } from './ThresholdForm';

const BACK = { to: '/stock', label: 'Stock' };

export default function SkuPage() {
  const { sku = '' } = useParams();
  const can = useCan();
  const path = `/api/v1/stock/${encodeURIComponent(sku)}`;
  const stock = useQuery<StockRecord>({ queryKey: [path] });
  if (!stock.data) {
    return (
      <Page title={sku} back={BACK}>
        {stock.isPending
          ? <Loading label="Loading the stock"><Skeleton height="24rem" /></Loading>
          : isStatus(stock.error, 404)
            ? <Empty title="There is no such SKU"><p>SKUs are made with the variants of a product.</p></Empty>
            : <Failure error={stock.error} onRetry={() => void stock.refetch()} title="The stock couldn't be loaded" />}
      </Page>
    );
  }
  const level = stock.data;
  return (
    <Page title={sku} mark={<StatusBadge status={stockStatus(level)} />} back={BACK}>
      <Columns
        main={
          <>
            {can('stock:adjust') && <AdjustStock key={sku} level={level} />}
            <History path={path} />
          </>
        }
        side={
          <>
            <Card title="Now">
              <Facts
                items={[
                  ['Available', level.available],
                  ['On hand', level.on_hand],
                  ['Reserved for orders', level.reserved],
                  ...(level.shortfall > 0 ? [['Short', level.shortfall] as const] : []),
                  ['When none is left', `${OVERSELL[level.oversell].label}. ${OVERSELL[level.oversell].text}`],
                ]}
              />
            </Card>
            {can('stock:write') && <ThresholdForm key={`${sku} ${level.low_at ?? ''}`} level={level} />}
          </>
        }
      />
    </Page>
  );
}

const COLUMNS: readonly Column<StockChange>[] = [
  { key: 'at', header: 'When', render: ({ at }) => formatMoment(at) },
  { key: 'change', header: 'Change', align: 'end', render: ({ change }) => (change > 0 ? `+${change}` : change) },
  { key: 'on-hand', header: 'On hand', align: 'end', render: ({ on_hand }) => on_hand },
  { key: 'reason', header: 'Reason', render: ({ reason, kind, forced }) => `${kind ? ADJUSTMENT_KIND[kind] : STOCK_REASON[reason]}${forced ? ' (forced)' : ''}` },
  { key: 'note', header: 'Note', minor: true, render: ({ note }) => note },
];

function History({ path }: { path: string }) {
  const table = useTableState();
  const list = useList<StockChange>(`${path}/history`, { cursor: table.cursor, limit: 20 });
  return (
    <Card title="History">
      <DataTable
        caption="Stock history"
        columns={COLUMNS}
        rows={list.rows}
        rowKey={({ number }) => String(number)}
        error={list.error}
        onRetry={list.retry}
        stale={list.stale}
        empty={<Empty title="No changes yet" />}
        footer={<Pager controls={table} list={list} />}
      />
    </Card>
  );
}
