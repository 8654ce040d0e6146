import { useOrders } from '../api/orders';
import { Button } from '../components/Button';
import { Failure, Loading, Skeleton } from '../components/States';
import { Amount } from '../money/Price';
import { usePurchaseMessages } from '../messages/messages';
import { useFormats } from '../messages/formats';
import { Link } from '../router/Link';
import styles from './account.module.css';

export function OrderList() {
  const t = usePurchaseMessages();
  const formats = useFormats();
  const orders = useOrders();
  const all = orders.data?.pages.flatMap((page) => page.items) ?? [];
  if (orders.isPending) return <Loading label={t.account.loadingOrders}><Skeleton height="6rem" /></Loading>;
  if (orders.isError && all.length === 0) return <Failure error={orders.error} onRetry={() => void orders.refetch()} title={t.account.ordersNotLoaded} />;
  if (all.length === 0) return <p className={styles.soft}>{t.account.noOrders} <Link to="/products">{t.account.startShopping}</Link></p>;
  return (
    <>
      <ul className={styles.list}>
        {all.map((order) => (
          <li key={order.id} className={styles.order}>
            <div>
              <Link to={`/orders/${order.id}`}>{t.orders.number(order.number)}</Link>
              <p className={styles.soft}>
                {formats.date(order.placed_at)}, {t.common.items(order.item_count)}
              </p>
            </div>
            <span className={styles.status} data-status={order.status}>{t.orders.statuses[order.status].title}</span>
            <strong><Amount value={order.total} /></strong>
          </li>
        ))}
      </ul>
      {orders.hasNextPage && (
        <p><Button look="secondary" busy={orders.isFetchingNextPage} onClick={() => void orders.fetchNextPage()}>{t.account.olderOrders}</Button></p>
      )}
    </>
  );
}
