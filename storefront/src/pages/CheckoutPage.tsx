import { useAccount } from '../api/account';
import { useCart } from '../api/cart';
import { useShop } from '../api/catalogue';
import { CheckoutFlow } from '../checkout/CheckoutFlow';
import { OrderSummary } from '../checkout/OrderSummary';
import { usePurchase } from '../checkout/use-purchase';
import { ButtonLink } from '../components/Button';
import { Empty, Failure, Loading, Skeleton } from '../components/States';
import { usePageTitle } from '../shell/page-title';
import styles from './CheckoutPage.module.css';

export default function CheckoutPage() {
  usePageTitle();
  const cart = useCart();
  const account = useAccount();
  const shop = useShop();
  const purchase = usePurchase(cart.data && (cart.data.id ?? null));

  if (cart.isError && !cart.data) {
    return <div className="page"><Failure error={cart.error} onRetry={() => void cart.refetch()} title="Your cart couldn't be loaded" /></div>;
  }
  const waiting = cart.isPending || account.isPending || shop.isPending || purchase.phase.kind === 'resuming';
  const isInProgress = ['busy', 'bank', 'refused', 'undecided'].includes(purchase.phase.kind);
  return (
    <div className={`page ${styles.page}`}>
      <h1>Checkout</h1>
      {waiting || !cart.data ? (
        <Loading label={purchase.phase.kind === 'resuming' ? 'Checking your last order' : 'Loading checkout'}>
          <div className={styles.layout}>
            <Skeleton height="26rem" />
            <Skeleton height="18rem" />
          </div>
        </Loading>
      ) : cart.data.lines.length === 0 && !isInProgress ? (
        <Empty title="Your cart is empty">
          <p>If you've just placed an order, we've emailed you a confirmation.</p>
          <ButtonLink to="/products">Continue shopping</ButtonLink>
        </Empty>
      ) : (
        <div className={styles.layout}>
          <div className={styles.steps}>
            <CheckoutFlow cart={cart.data} purchase={purchase} />
          </div>
          <OrderSummary cart={cart.data} editable={purchase.phase.kind !== 'busy' && purchase.phase.kind !== 'refused'} />
        </div>
      )}
    </div>
  );
}
