import { lazy, Suspense, useEffect } from 'react';
import { useAccount } from '../api/account';
import { invoicePath, useOrder } from '../api/orders';
import { isStatus } from '../api/problem';
import type { Order } from '../api/types';
import { TotalsTable } from '../cart/TotalsTable';
import { AddressText } from '../checkout/AddressFields';
import { orderedOptionLabel } from '../checkout/delivery-option';
import { ButtonLink } from '../components/Button';
import { DocumentButton } from '../components/DocumentButton';
import { useToasts } from '../components/Toasts';
import { lineText } from '../components/line-text';
import { ProductImage } from '../components/ProductImage';
import { Empty, Failure, Loading, Skeleton } from '../components/States';
import { Amount } from '../money/Price';
import { CancelOrder } from '../orders/CancelOrder';
import { OrderAgain } from '../orders/OrderAgain';
import { Progress } from '../orders/Progress';
import { Returns } from '../orders/Returns';
import { Shipments } from '../orders/Shipments';
import { Timeline } from '../orders/Timeline';
import { useTimeline } from '../orders/use-timeline';
import { Withdrawal } from '../orders/Withdrawal';
import { WithdrawalLink } from '../orders/WithdrawalLink';
import { useLocation, useParams, useSearchParams } from '../router/hooks';
import { Link } from '../router/Link';
import { usePageTitle } from '../shell/page-title';
import { usePurchaseMessages } from '../messages/messages';
import { useFormats } from '../messages/formats';
import styles from './OrderPage.module.css';

const FindOrder = lazy(async () => ({ default: (await import('../orders/FindOrder')).FindOrder }));

export default function OrderPage() {
  const t = usePurchaseMessages();
  const { id = '' } = useParams();
  const [params] = useSearchParams();
  const token = params.get('token');
  const order = useOrder(id, token);
  const { data: account } = useAccount();
  const { pathname, search } = useLocation();
  usePageTitle(order.data ? t.orders.number(order.data.number) : undefined);

  if (order.isPending) {
    return (
      <div className={`page ${styles.page}`}>
        <Loading label={t.orders.loading}><Skeleton width="60%" height="3rem" /><Skeleton height="24rem" style={{ marginTop: '2rem' }} /></Loading>
      </div>
    );
  }
  if (order.data) return <OrderView order={order.data} token={token} />;
  if (isStatus(order.error, 401)) {
    return (
      <div className="page">
        <Empty title={t.orders.logInTitle}>
          <h1 className="visually-hidden">{t.orders.order}</h1>
          <p>{t.orders.logInText}</p>
          <ButtonLink to={`/login?next=${encodeURIComponent(pathname + search)}`}>{t.shell.logIn}</ButtonLink>
          <LostLink />
        </Empty>
      </div>
    );
  }
  if (isStatus(order.error, 403) || isStatus(order.error, 404)) {
    return (
      <div className="page">
        <Empty title={t.orders.notFound}>
          <h1 className="visually-hidden">{t.orders.notFound}</h1>
          <p>{t.orders.notFoundText}</p>
          {!account && <ButtonLink to={`/login?next=${encodeURIComponent(pathname + search)}`}>{t.shell.logIn}</ButtonLink>}
          <LostLink />
        </Empty>
      </div>
    );
  }
  return <div className="page"><Failure error={order.error} onRetry={() => void order.refetch()} title={t.orders.notLoaded} /></div>;
}

/** For guests who no longer have the email with the link. */
function LostLink() {
  const t = usePurchaseMessages();
  return (
    <>
      <h2 className={styles.lostLink}>{t.shell.titles['/orders/find']}</h2>
      <Suspense fallback={<Loading label={t.common.loading} />}><FindOrder /></Suspense>
    </>
  );
}

function OrderView({ order, token }: { order: Order; token: string | null }) {
  const t = usePurchaseMessages();
  const formats = useFormats();
  const { entries, status: liveStatus, connection } = useTimeline(order, token);
  const { state } = useLocation();
  const { announce } = useToasts();
  const status = liveStatus ?? order.status;
  const { heading, text } = t.orders.statuses[status];
  // The browser keeps the state of a tab for days. Only an order that has not left yet gets a thank-you.
  const justPlaced = state.justPlaced === true && (status === 'received' || status === 'confirmed');

  useEffect(() => {
    announce(`${heading} ${text}`);
  }, [heading, text, announce]);

  return (
    <div className={`page ${styles.page}`}>
      <header className={styles.heading}>
        <p className={styles.soft}>{t.orders.placedAt(order.number, formats.moment(order.placed_at))}</p>
        <h1>{justPlaced ? t.orders.thanks(order.address.name.split(' ')[0] ?? '') : heading}</h1>
        <p className={styles.lead}>
          {text} {justPlaced && t.orders.confirmationSent(order.email)}
        </p>
        {order.withdrawal && <p className={styles.soft}><WithdrawalLink /></p>}
      </header>
      <Progress status={status} />
      <div className={styles.layout}>
        <div className={styles.main}>
          <p className="visually-hidden">{t.orders.status(<span data-testid="order-status">{status}</span>)}</p>
          <Timeline entries={entries} lines={order.lines} connection={connection} />
          <Shipments shipments={order.shipments} lines={order.lines} />
          <Withdrawal order={order} token={token} />
          <Returns order={order} token={token} />
          {order.can_cancel && <CancelOrder id={order.id} token={token} />}
        </div>
        <OrderFacts order={order} token={token} />
      </div>
    </div>
  );
}

function OrderFacts({ order, token }: { order: Order; token: string | null }) {
  const t = usePurchaseMessages();
  return (
    <aside className={styles.facts} aria-labelledby="order-facts">
      <h2 id="order-facts">{t.orders.details}</h2>
      <ul className={styles.lines}>
        {order.lines.map((line) => (
          <li key={line.sku}>
            <div className={styles.image}><ProductImage image={line.image} alt="" size="thumbnail" /></div>
            <div>
              <Link to={`/products/${encodeURIComponent(line.handle)}`}>{line.title}</Link>
              <p className={styles.soft}>{lineText(line, t)}</p>
            </div>
            <Amount value={line.subtotal} />
          </li>
        ))}
      </ul>
      <TotalsTable totals={order.totals} shippingLabel={orderedOptionLabel(order.shipping.label, t)} />
      {order.payment.refunded.amount > 0 && <p className={styles.refund}>{t.orders.refunded(<Amount value={order.payment.refunded} />)}</p>}
      {order.payment.charged_back.amount > 0 && <p>{t.orders.chargedBack(<Amount value={order.payment.charged_back} />)}</p>}
      <dl className={styles.details}>
        <div><dt>{t.orders.deliverTo}</dt><dd><AddressText address={order.address} /></dd></div>
        <div><dt>{t.orders.deliveryTime}</dt><dd>{t.common.days(order.shipping.estimated_days.min, order.shipping.estimated_days.max)}</dd></div>
        <div><dt>{t.common.email}</dt><dd>{order.email}</dd></div>
        {order.receipt_number && (
          <div>
            <dt>{t.orders.receipt}</dt>
            <dd>
              {order.receipt_number}
              {order.has_invoice && <> <DocumentButton path={invoicePath(order.id, token)}>{t.orders.invoice}</DocumentButton></>}
            </dd>
          </div>
        )}
      </dl>
      <OrderAgain lines={order.lines} />
    </aside>
  );
}
