import { useState } from 'react';
import { useAccount, useAddresses } from '../api/account';
import { useCart } from '../api/cart';
import { useShop } from '../api/catalogue';
import { useShopClosed } from '../api/storefront';
import { ClosedNotice } from '../cart/ClosedNotice';
import { AwaitedTransfer } from '../checkout/AwaitedTransfer';
import { CheckoutFlow } from '../checkout/CheckoutFlow';
import { FoldedSummary, OrderSummary } from '../checkout/OrderSummary';
import { PayOrder } from '../checkout/PayOrder';
import { usePurchase, type RefusedPhase } from '../checkout/use-purchase';
import { ButtonLink } from '../components/Button';
import { useMedia } from '../components/media';
import { Empty, Failure, Loading, Skeleton } from '../components/States';
import { sameMoney } from '../money/money';
import { useSearchParams } from '../router/hooks';
import { Link } from '../router/Link';
import { usePageTitle } from '../shell/page-title';
import { usePurchaseMessages } from '../messages/messages';
import styles from './CheckoutPage.module.css';

export default function CheckoutPage() {
  const t = usePurchaseMessages();
  usePageTitle();
  const wide = useMedia('(min-width: 60.01rem)');
  const cart = useCart();
  const account = useAccount();
  const shop = useShop();
  const closed = useShopClosed();
  // The address that was saved last is filled in. Without the address book, checkout goes on.
  const addresses = useAddresses(Boolean(account.data));
  const [params] = useSearchParams();
  const purchase = usePurchase(cart.data && (cart.data.id ?? null), params.get('payment'));
  const { phase } = purchase;
  const cartId = cart.data?.id ?? null;
  // An order whose cart is gone, which stays on the page while it is being paid.
  const [placed, setPlaced] = useState<RefusedPhase | null>(null);
  const refusedOfOtherCart = phase.kind === 'refused' && (cartId === null || phase.open.cartId !== cartId) ? phase : null;
  if (refusedOfOtherCart && refusedOfOtherCart !== placed) setPlaced(refusedOfOtherCart);

  if (cart.isError && !cart.data) {
    return <div className="page"><Failure error={cart.error} onRetry={() => void cart.refetch()} title={t.cart.notLoaded} /></div>;
  }
  const waiting = cart.isPending || account.isPending || shop.isPending || addresses.isLoading || phase.kind === 'resuming';
  const isInProgress = ['busy', 'bank', 'refused', 'undecided'].includes(phase.kind);
  // The summary shows the cart, which is not what the bank was told if it has changed since.
  const showsCart = phase.kind !== 'bank' || !cart.data || sameMoney(phase.amount, cart.data.totals.total);
  return (
    <div className={`page ${styles.page}`}>
      <h1>{t.checkout.title}</h1>
      {waiting || !cart.data ? (
        <Loading label={phase.kind === 'resuming' ? t.checkout.checkingLast : t.checkout.loading}>
          <div className={styles.layout}>
            {wide !== true && <div className={styles.narrowOnly}><Skeleton height="3.25rem" /></div>}
            <Skeleton height="26rem" />
            {wide !== false && <div className={styles.wideOnly}><Skeleton height="18rem" /></div>}
          </div>
        </Loading>
      ) : cart.data.lines.length === 0 && !isInProgress ? (
        <Empty title={t.cart.empty}>
          <p>{t.checkout.emptyText}</p>
          <AwaitedTransfer />
          <ButtonLink to="/products">{t.cart.keepShopping}</ButtonLink>
        </Empty>
      ) : placed && (phase.kind === 'refused' || phase.kind === 'busy') ? (
        <div className={styles.steps}>
          <PayOrder order={placed} purchase={purchase} />
        </div>
      ) : closed && !isInProgress ? (
        <div className={styles.layout}>
          <div className={styles.steps}>
            <ClosedNotice />
            <p><Link to="/cart">{t.shell.backToCart}</Link></p>
          </div>
        </div>
      ) : (
        <div className={styles.layout}>
          {showsCart && !wide && <FoldedSummary cart={cart.data} editable={phase.kind !== 'busy'} />}
          <div className={styles.steps}>
            <CheckoutFlow cart={cart.data} purchase={purchase} />
          </div>
          {showsCart && wide && <OrderSummary cart={cart.data} editable={phase.kind !== 'busy'} />}
        </div>
      )}
    </div>
  );
}
