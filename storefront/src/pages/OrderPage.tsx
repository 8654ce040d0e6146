import { useEffect } from 'react';
import { Link, useLocation, useParams, useSearchParams } from 'react-router';
import { useOrder } from '../api/orders';
import { isStatus } from '../api/problem';
import type { Order } from '../api/types';
import { TotalsTable } from '../cart/TotalsTable';
import { AddressText } from '../checkout/AddressFields';
import { ButtonLink } from '../components/Button';
import { formatMoment } from '../components/dates';
import { useNotices } from '../components/Notices';
import { Picture } from '../components/Picture';
import { Empty, Failure, Loading, Skeleton } from '../components/States';
import { Amount } from '../money/Price';
import { CancelOrder } from '../orders/CancelOrder';
import { Progress } from '../orders/Progress';
import { Returns } from '../orders/Returns';
import { Shipments } from '../orders/Shipments';
import { Timeline } from '../orders/Timeline';
import { headingOf, progressOf, STATUS_WORDS } from '../orders/timeline';
import { useTimeline } from '../orders/use-timeline';
import { usePageTitle } from '../shell/page-title';
import styles from './OrderPage.module.css';

export default function OrderPage() {
  const { id = '' } = useParams();
  const [params] = useSearchParams();
  const token = params.get('token');
  const order = useOrder(id, token);
  const { pathname, search } = useLocation();
  usePageTitle(order.data ? `Order ${order.data.number}` : 'Order');

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
          <p>Or open it with the link in the mail that we sent you.</p>
          <ButtonLink to={`/login?next=${encodeURIComponent(pathname + search)}`}>Log in</ButtonLink>
        </Empty>
      </div>
    );
  }
  if (isStatus(order.error, 403) || isStatus(order.error, 404)) {
    return (
      <div className="page">
        <Empty title="There is no such order here">
          <h1 className="visually-hidden">Order not found</h1>
          <p>Open it with the link in the mail that we sent you, or log in to the account that placed it.</p>
        </Empty>
      </div>
    );
  }
  return <div className="page"><Failure error={order.error} onRetry={() => void order.refetch()} title="Your order did not load" /></div>;
}

function OrderView({ order, token }: { order: Order; token: string | null }) {
  const { entries, status: liveStatus, connection } = useTimeline(order, token);
  const { state } = useLocation() as { state: { justPlaced?: boolean } | null };
  const { announce } = useNotices();
  const status = liveStatus ?? order.status;
  const words = STATUS_WORDS[status];
  // No thanks where the order has left its usual course meanwhile.
  const justPlaced = state?.justPlaced === true && progressOf(status) !== null;

  useEffect(() => {
    announce(`${headingOf(status)} ${words.text}`);
  }, [status, words, announce]);

  return (
    <div className={`page ${styles.page}`}>
      <header className={styles.heading}>
        <p className={styles.soft}>Order {order.number}, placed {formatMoment(order.placed_at)}</p>
        <h1>{justPlaced ? `Thank you, ${order.address.name.split(' ')[0]}.` : headingOf(status)}</h1>
        <p className={styles.lead}>
          {words.text} {justPlaced && <>A confirmation goes to {order.email}.</>}
        </p>
      </header>
      <Progress status={status} />
      <div className={styles.layout}>
        <div className={styles.main}>
          <p className="visually-hidden">Status: <span data-testid="order-status">{status}</span></p>
          <Timeline entries={entries} connection={connection} />
          <Shipments shipments={order.shipments} />
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
      <h2 id="order-facts">What you ordered</h2>
      <ul className={styles.lines}>
        {order.lines.map((line) => (
          <li key={line.sku}>
            <div className={styles.picture}><Picture picture={line.picture} alt="" /></div>
            <div>
              <Link to={`/products/${encodeURIComponent(line.handle)}`}>{line.title}</Link>
              <p className={styles.soft}>{[`${line.quantity} ×`, line.option_values.join(' / ')].filter(Boolean).join(' ')}</p>
            </div>
            <Amount value={line.subtotal} />
          </li>
        ))}
      </ul>
      <TotalsTable totals={order.totals} shippingLabel={order.shipping.label} />
      {order.payment.refunded.amount > 0 && <p className={styles.refund}>Given back: <Amount value={order.payment.refunded} /></p>}
      {order.payment.charged_back.amount > 0 && <p>Taken back through your bank: <Amount value={order.payment.charged_back} /></p>}
      <dl className={styles.details}>
        <div><dt>To</dt><dd><AddressText address={order.address} /></dd></div>
        <div><dt>Email</dt><dd>{order.email}</dd></div>
        {order.receipt_number && <div><dt>Receipt</dt><dd>{order.receipt_number}</dd></div>}
      </dl>
    </aside>
  );
}
