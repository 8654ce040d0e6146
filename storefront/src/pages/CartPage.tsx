import { useCart } from '../api/cart';
import type { Cart } from '../api/types';
import { CartChanges } from '../cart/CartChanges';
import { CartLines } from '../cart/CartLines';
import { PromotionForm } from '../cart/PromotionForm';
import { TotalsTable } from '../cart/TotalsTable';
import { AwaitedTransfer } from '../checkout/AwaitedTransfer';
import { ButtonLink } from '../components/Button';
import { Icon } from '../components/Icon';
import { Empty, Failure, Loading, Skeleton } from '../components/States';
import { usePageTitle } from '../shell/page-title';
import styles from './CartPage.module.css';

export default function CartPage() {
  usePageTitle();
  const cart = useCart();
  return (
    <div className={`page ${styles.page}`}>
      <h1 id="cart-title" tabIndex={-1}>Your cart</h1>
      {cart.isPending && (
        <Loading label="Loading your cart">
          <div className={styles.layout}>
            <Skeleton height="18rem" />
            <Skeleton height="14rem" />
          </div>
        </Loading>
      )}
      {cart.isError && !cart.data && <Failure error={cart.error} onRetry={() => void cart.refetch()} title="Your cart couldn't be loaded" />}
      {cart.data && (cart.data.lines.length === 0 ? <EmptyCart cart={cart.data} /> : <FullCart cart={cart.data} />)}
    </div>
  );
}

function EmptyCart({ cart }: { cart: Cart }) {
  return (
    <>
      <CartChanges changes={cart.changes} />
      <Empty title="Your cart is empty">
        <p>Items you add are saved here, even if you come back another day.</p>
        <AwaitedTransfer />
        <ButtonLink to="/products">Continue shopping</ButtonLink>
      </Empty>
    </>
  );
}

function FullCart({ cart }: { cart: Cart }) {
  const buyable = cart.lines.every((line) => line.available);
  return (
    <div className={styles.layout}>
      <div className={styles.main}>
        <CartChanges changes={cart.changes} />
        <CartLines lines={cart.lines} />
      </div>
      <aside className={styles.summary} aria-labelledby="summary-title">
        <h2 id="summary-title">Order summary</h2>
        <PromotionForm promotion={cart.promotion} />
        <TotalsTable
          totals={cart.totals}
          shippingText={cart.shipping ? undefined : 'Calculated at checkout'}
          shippingLabel={cart.shipping?.label}
        />
        {buyable
          ? <ButtonLink to="/checkout" size="large" wide>Check out <Icon name="arrow" /></ButtonLink>
          : <p className={styles.blocked}>To check out, remove the unavailable items or reduce their quantity.</p>}
      </aside>
    </div>
  );
}
