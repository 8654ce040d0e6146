import { useEffect } from 'react';
import { Link, useLocation, useParams, useSearchParams } from 'react-router';
import { useOrder } from '../api/orders';
import { isStatus } from '../api/problem';
import type { Order } from '../api/types';
import { TotalsTable } from '../cart/TotalsTable';
import { AddressText } from '../checkout/AddressFields';
import { ButtonLink } from '../components/Button';
import { formatMoment } from '../components/dates';
import { useToasts } from '../components/Toasts';
import { ProductImage } from '../components/ProductImage';
import { Empty, Failure, Loading, Skeleton } from '../components/States';
import { ORDER_STATUS } from '../messages/en';
import { Amount } from '../money/Price';
import { CancelOrder } from '../orders/CancelOrder';
import { Progress } from '../orders/Progress';
import { Returns } from '../orders/Returns';
import { Shipments } from '../orders/Shipments';
import { Timeline } from '../orders/Timeline';
import { progressOf } from '../orders/timeline';
import { useTimeline } from '../orders/use-timeline';
import { usePageTitle } from '../shell/page-title';
import styles from './OrderPage.module.css';

export default function OrderPage() {
  const { id = '' } = useParams();
  const [params] = useSearchParams();
  const token = params.get('token');
  const order = useOrder(id, token);
  const { pathname, search } = useLocation();
  usePageTitle(order.data ? `Order ${order.data.number}` : undefined);

  if (order.isPending) {
    return (
      <div className={`page ${styles.page}`}>
        <Loading label="Loading your order"><Skeleton width="60%" height="3rem" /><Skeleton height="24rem" style={{ marginTop: '2rem' }} /></Loading>
      </div>
    );
  }
  if (order.data) return <OrderView order={order.data} token={token} />;
  if (isStatus(order.error, 401)) {
    return (
      <div className="page">
        <Empty title="Log in to see this order">
          <h1 className="visually-hidden">Order</h1>
          <p>You can also use the link in your confirmation email.</p>
          <ButtonLink to={`/login?next=${encodeURIComponent(pathname + search)}`}>Log in</ButtonLink>
        </Empty>
      </div>
    );
  }
  if (isStatus(order.error, 403) || isStatus(order.error, 404)) {
    return (
      <div className="page">
        <Empty title="Order not found">
          <h1 className="visually-hidden">Order not found</h1>
          <p>Use the link in your confirmation email, or log in to the account you ordered with.</p>
        </Empty>
      </div>
    );
  }
  return <div className="page"><Failure error={order.error} onRetry={() => void order.refetch()} title="Your order couldn't be loaded" /></div>;
}

function OrderView({ order, token }: { order: Order; token: string | null }) {
  const { entries, status: liveStatus, connection } = useTimeline(order, token);
  const { state } = useLocation() as { state: { justPlaced?: boolean } | null };
  const { announce } = useToasts();
  const status = liveStatus ?? order.status;
  const { heading, text } = ORDER_STATUS[status];
  // A cancelled order, or one under review, gets no thank-you.
  const justPlaced = state?.justPlaced === true && progressOf(status) !== null;

  useEffect(() => {
    announce(`${heading} ${text}`);
  }, [heading, text, announce]);

  return (
    <div className={`page ${styles.page}`}>
      <header className={styles.heading}>
        <p className={styles.soft}>Order {order.number}, placed {formatMoment(order.placed_at)}</p>
        <h1>{justPlaced ? `Thank you, ${order.address.name.split(' ')[0]}!` : heading}</h1>
        <p className={styles.lead}>
          {text} {justPlaced && <>We've sent a confirmation to {order.email}.</>}
        </p>
      </header>
      <Progress status={status} />
      <div className={styles.layout}>
        <div className={styles.main}>
          <p className="visually-hidden">Status: <span data-testid="order-status">{status}</span></p>
          <Timeline entries={entries} lines={order.lines} connection={connection} />
          <Shipments shipments={order.shipments} lines={order.lines} />
          <Returns order={order} token={token} />
          {order.can_cancel && <CancelOrder id={order.id} token={token} />}
        </div>
        <OrderFacts order={order} />
      </div>
    </div>
  );
}

function OrderFacts({ order }: { order: Order }) {
  return (
    <aside className={styles.facts} aria-labelledby="order-facts">
      <h2 id="order-facts">Order details</h2>
      <ul className={styles.lines}>
        {order.lines.map((line) => (
          <li key={line.sku}>
            <div className={styles.image}><ProductImage image={line.image} alt="" /></div>
            <div>
              <Link to={`/products/${encodeURIComponent(line.handle)}`}>{line.title}</Link>
              <p className={styles.soft}>{[`${line.quantity} ×`, line.option_values.join(' / ')].filter(Boolean).join(' ')}</p>
            </div>
            <Amount value={line.subtotal} />
          </li>
        ))}
      </ul>
      <TotalsTable totals={order.totals} shippingLabel={order.shipping.label} />
      {order.payment.refunded.amount > 0 && <p className={styles.refund}>Refunded: <Amount value={order.payment.refunded} /></p>}
      {order.payment.charged_back.amount > 0 && <p>Charged back by your bank: <Amount value={order.payment.charged_back} /></p>}
      <dl className={styles.details}>
        <div><dt>Deliver to</dt><dd><AddressText address={order.address} /></dd></div>
        <div><dt>Email</dt><dd>{order.email}</dd></div>
        {order.receipt_number && <div><dt>Receipt</dt><dd>{order.receipt_number}</dd></div>}
      </dl>
    </aside>
  );
}
