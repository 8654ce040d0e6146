import { Link } from 'react-router';
import { useOrders } from '../api/orders';
import { Button } from '../components/Button';
import { formatDate } from '../components/dates';
import { Failure, Loading, Skeleton } from '../components/States';
import { Amount } from '../money/Price';
import { ORDER_STATUS } from '../messages/en';
import styles from './account.module.css';

export function OrderList() {
  const orders = useOrders();
  const all = orders.data?.pages.flatMap((page) => page.items) ?? [];
  if (orders.isPending) return <Loading label="Loading your orders"><Skeleton height="6rem" /></Loading>;
  if (orders.isError && all.length === 0) return <Failure error={orders.error} onRetry={() => void orders.refetch()} title="Your orders couldn't be loaded" />;
  if (all.length === 0) return <p className={styles.soft}>No orders yet. <Link to="/products">Start shopping</Link></p>;
  return (
    <>
      <ul className={styles.list}>
        {all.map((order) => (
          <li key={order.id} className={styles.order}>
            <div>
              <Link to={`/orders/${order.id}`}>Order {order.number}</Link>
              <p className={styles.soft}>
                {formatDate(order.placed_at)}, {order.item_count} {order.item_count === 1 ? 'item' : 'items'}
              </p>
            </div>
            <span className={styles.status} data-status={order.status}>{ORDER_STATUS[order.status].title}</span>
            <strong><Amount value={order.total} /></strong>
          </li>
        ))}
      </ul>
      {orders.hasNextPage && (
        <p><Button look="secondary" busy={orders.isFetchingNextPage} onClick={() => void orders.fetchNextPage()}>Older orders</Button></p>
      )}
    </>
  );
}
