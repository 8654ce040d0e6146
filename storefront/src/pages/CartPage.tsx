import { useCart } from '../api/cart';
import { useShopClosed } from '../api/storefront';
import type { Cart } from '../api/types';
import { CartChanges } from '../cart/CartChanges';
import { CartLines } from '../cart/CartLines';
import { ClosedNotice } from '../cart/ClosedNotice';
import { PromotionForm } from '../cart/PromotionForm';
import { TotalsTable } from '../cart/TotalsTable';
import { AwaitedTransfer } from '../checkout/AwaitedTransfer';
import { optionLabel } from '../checkout/delivery-option';
import { ButtonLink } from '../components/Button';
import { Icon } from '../components/Icon';
import { Empty, Failure, Loading, Skeleton } from '../components/States';
import { usePageTitle } from '../shell/page-title';
import { useMessages } from '../messages/messages';
import styles from './CartPage.module.css';

export default function CartPage() {
  const t = useMessages();
  usePageTitle();
  const cart = useCart();
  return (
    <div className={`page ${styles.page}`}>
      <h1 id="cart-title" tabIndex={-1}>{t.cart.title}</h1>
      {cart.isPending && (
        <Loading label={t.cart.loading}>
          <div className={styles.layout}>
            <Skeleton height="18rem" />
            <Skeleton height="14rem" />
          </div>
        </Loading>
      )}
      {cart.isError && !cart.data && <Failure error={cart.error} onRetry={() => void cart.refetch()} title={t.cart.notLoaded} />}
      {cart.data && (cart.data.lines.length === 0 ? <EmptyCart cart={cart.data} /> : <FullCart cart={cart.data} />)}
    </div>
  );
}

function EmptyCart({ cart }: { cart: Cart }) {
  const t = useMessages();
  return (
    <>
      <CartChanges changes={cart.changes} lines={cart.lines} />
      <Empty title={t.cart.empty}>
        <p>{t.cart.emptyText}</p>
        <AwaitedTransfer />
        <ButtonLink to="/products">{t.cart.keepShopping}</ButtonLink>
      </Empty>
    </>
  );
}

function FullCart({ cart }: { cart: Cart }) {
  const t = useMessages();
  const closed = useShopClosed();
  const buyable = cart.lines.every((line) => line.available);
  return (
    <div className={styles.layout}>
      <div className={styles.main}>
        <CartChanges changes={cart.changes} lines={cart.lines} />
        <CartLines lines={cart.lines} />
      </div>
      <aside className={styles.summary} aria-labelledby="summary-title">
        <h2 id="summary-title">{t.cart.summary}</h2>
        <PromotionForm promotion={cart.promotion} />
        <TotalsTable
          totals={cart.totals}
          shippingText={cart.shipping ? undefined : t.cart.deliveryAtCheckout}
          shippingLabel={cart.shipping ? optionLabel(cart.shipping, t) : undefined}
        />
        {closed && <ClosedNotice />}
        {!buyable && <p className={styles.blocked}>{t.cart.blocked}</p>}
        {buyable && !closed && <ButtonLink to="/checkout" size="large" wide>{t.cart.checkOut} <Icon name="arrow" /></ButtonLink>}
      </aside>
    </div>
  );
}
