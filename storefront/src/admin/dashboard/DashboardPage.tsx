import { useAccount } from '../../api/account';
import { apiPath } from '../../api/path';
import { Link } from '../../router/Link';
import { counted, formatDate } from '../components/formats';
import { Icon } from '../../components/Icon';
import { Empty, Skeleton } from '../../components/States';
import { Amount } from '../../money/Price';
import type { StaffOrder, StockLevel } from '../api/types';
import { DataTable, type Column } from '../components/DataTable';
import { Card, Columns, Page } from '../components/Page';
import { StatusBadge } from '../components/StatusBadge';
import { useList } from '../components/use-list';
import { ORDER_STATUS } from '../messages/en';
import { useCan } from '../shell/permissions';
import styles from './Dashboard.module.css';
import { OpenOrders } from './OpenOrders';
import { Sales } from './Sales';
import { SetupChecklist } from './SetupChecklist';
import { useWaiting, type WaitingCount } from './waiting';

/** The dashboard may stay open all day. */
const REFRESH_MS = 60_000;

export default function DashboardPage() {
  const { data: account } = useAccount();
  const can = useCan();
  return (
    <Page title="Dashboard" description={account && `Signed in as ${account.name}`}>
      {can('shop:write') && <SetupChecklist />}
      <Waiting />
      {can('orders:read')
        ? <Columns main={<>{can('balances:read') && <Sales />}<RecentOrders /></>} side={<><OpenOrders /><LowStock /></>} />
        : <LowStock />}
    </Page>
  );
}

function Waiting() {
  const waiting = useWaiting(useCan());
  const open = waiting.filter(({ count }) => count !== 0);
  const loading = waiting.some(({ count }) => count === null);
  return (
    <Card title="Waiting for you">
      {open.length === 0
        ? <p className={styles.nothing}><Icon name="check" size={18} /> Nothing waits for you.</p>
        : <ul className={styles.tiles}>{open.map((one) => <Tile key={one.to} waiting={one} />)}</ul>}
      <p className="visually-hidden" role="status">{loading ? 'Loading' : `Waiting for you: ${counted(open.length, 'list')}`}</p>
    </Card>
  );
}

function Tile({ waiting: { label, to, count, more } }: { waiting: WaitingCount }) {
  return (
    <li>
      <Link to={to} className={styles.tile}>
        <span className={styles.count}>{count === null ? <Skeleton width="2rem" height="1.8rem" /> : count === undefined ? '?' : more ? `${count}+` : count}</span>
        <span>{label}{count === undefined && ' (not available now)'}</span>
      </Link>
    </li>
  );
}

const ORDER_COLUMNS: readonly Column<StaffOrder>[] = [
  { key: 'number', header: 'Order', render: ({ id, number }) => <Link to={`/orders/${id}`}>{number}</Link> },
  { key: 'customer', header: 'Customer', minor: true, render: ({ customer }) => customer?.name },
  { key: 'placed', header: 'Placed', minor: true, render: ({ placed_at }) => formatDate(placed_at) },
  { key: 'total', header: 'Total', align: 'end', render: ({ total }) => <Amount value={total} /> },
  { key: 'status', header: 'Status', render: ({ status }) => <StatusBadge status={ORDER_STATUS[status]} /> },
];

function RecentOrders() {
  const list = useList<StaffOrder>('/api/v1/orders', { all: true, limit: 8 }, true, REFRESH_MS);
  return (
    <Card title="Recent orders" actions={<Link to="/orders">All orders</Link>}>
      <DataTable caption="Recent orders" columns={ORDER_COLUMNS} rows={list.rows} rowKey={({ id }) => id} error={list.error} onRetry={list.retry} empty={<Empty title="No orders yet" />} />
    </Card>
  );
}

const LOW_STOCK_SHOWN = 8;

function LowStock() {
  const list = useList<StockLevel>('/api/v1/stock', { low: true, limit: LOW_STOCK_SHOWN }, true, REFRESH_MS);
  return (
    <Card title="Low stock" actions={<Link to={apiPath('/stock', { show: 'low' })}>All low stock</Link>}>
      {list.error && !list.rows ? <p>The stock couldn't be loaded.</p> : null}
      {!list.rows && !list.error && <Skeleton height="12rem" />}
      {list.rows?.length === 0 && <p className={styles.nothing}><Icon name="check" size={18} /> Nothing is running low.</p>}
      {list.rows && list.rows.length > 0 && (
        <ul className={styles.stock}>
          {list.rows.map(({ sku, available }) => (
            <li key={sku}>
              <Link to={`/stock/${encodeURIComponent(sku)}`}>{sku}</Link>
              <span className="numeric">{available < 0 ? `${-available} short` : `${available} left`}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
