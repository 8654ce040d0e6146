import { useQuery } from '@tanstack/react-query';
import { Link } from '../../router/Link';
import type { Items } from '../../api/types';
import { Failure, Loading, Skeleton } from '../../components/States';
import type { OpenOrderCount } from '../api/types';
import { Card } from '../components/Page';
import { ORDER_STATUS } from '../messages/en';
import styles from './Dashboard.module.css';

/** Shows how many orders are open, by status. The bars repeat the numbers, so they carry no meaning of their own. */
export function OpenOrders() {
  const open = useQuery<Items<OpenOrderCount>>({ queryKey: ['/api/v1/orders/open'], refetchInterval: 60_000 });
  const items = open.data?.items ?? [];
  const most = Math.max(1, ...items.map(({ count }) => count));
  return (
    <Card title="Open orders">
      {open.isError && !open.data && <Failure error={open.error} onRetry={() => void open.refetch()} title="The open orders couldn't be loaded" />}
      {open.isPending && <Loading label="Loading open orders"><Skeleton height="6rem" /></Loading>}
      {open.data && items.length === 0 && <p className={styles.soft}>No order is open.</p>}
      <ul className={styles.statuses}>
        {items.map(({ status, count }) => (
          <li key={status}>
            <Link to={`/orders?status=${status}`}>{ORDER_STATUS[status].label}</Link>
            <span className={styles.statusCount}>{count}</span>
            <meter className={styles.statusBar} min={0} max={most} value={count} aria-hidden="true" />
          </li>
        ))}
      </ul>
    </Card>
  );
}
