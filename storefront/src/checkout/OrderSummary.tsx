import type { Cart } from '../api/types';
import { CartChanges } from '../cart/CartChanges';
import { TotalsTable } from '../cart/TotalsTable';
import { Icon } from '../components/Icon';
import { lineText } from '../components/line-text';
import { ProductImage } from '../components/ProductImage';
import { usePurchaseMessages } from '../messages/messages';
import { Amount } from '../money/Price';
import { Link } from '../router/Link';
import { optionLabel } from './delivery-option';
import styles from './OrderSummary.module.css';

interface OrderSummaryProps {
  cart: Cart;
  editable: boolean;
}

/** The summary beside the steps of the checkout. */
export function OrderSummary({ cart, editable }: OrderSummaryProps) {
  const t = usePurchaseMessages();
  return (
    <aside className={styles.summary} aria-labelledby="order-summary">
      <header className={styles.head}>
        <h2 id="order-summary">{t.checkout.summary}</h2>
        {editable && <Link to="/cart">{t.checkout.editCart}</Link>}
      </header>
      <CartChanges changes={cart.changes} lines={cart.lines} />
      <Contents cart={cart} />
    </aside>
  );
}

/** The summary above the steps on a small screen, where it is closed at first. */
export function FoldedSummary({ cart, editable }: OrderSummaryProps) {
  const t = usePurchaseMessages();
  return (
    <aside aria-label={t.checkout.summary}>
      <CartChanges changes={cart.changes} lines={cart.lines} />
      <details className={styles.folded}>
        <summary>
          <Icon name="bag" /> <span>{t.checkout.summary}</span> <strong><Amount value={cart.totals.total} /></strong> <Icon name="chevron" size={18} />
        </summary>
        <div className={styles.contents}>
          {editable && <Link to="/cart">{t.checkout.editCart}</Link>}
          <Contents cart={cart} />
        </div>
      </details>
    </aside>
  );
}

/** Lists the items and their price, which the law wants right above the button that orders them. */
export function FinalSummary({ cart }: { cart: Cart }) {
  const t = usePurchaseMessages();
  return (
    <section className={styles.final} aria-label={t.checkout.finalSummary}>
      <Contents cart={cart} />
    </section>
  );
}

function Contents({ cart }: { cart: Cart }) {
  const t = usePurchaseMessages();
  return (
    <>
      <ul className={styles.lines}>
        {cart.lines.map((line) => (
          <li key={line.sku}>
            <div className={styles.image}><ProductImage image={line.image} alt="" size="thumbnail" /></div>
            <div>
              <p className={styles.title}>{line.title}</p>
              <p className={styles.soft}>{lineText(line, t)}</p>
              {line.withdrawal_exception && <p className={styles.soft}>{t.product.withdrawalExceptions[line.withdrawal_exception]}</p>}
            </div>
            <Amount value={line.subtotal} />
          </li>
        ))}
      </ul>
      {cart.promotion?.applies && <p className={styles.soft}>{t.cart.codeLine(cart.promotion.code, cart.promotion.description)}</p>}
      <TotalsTable
        totals={cart.totals}
        shippingText={cart.shipping ? undefined : t.cart.deliveryNotChosen}
        shippingLabel={cart.shipping ? optionLabel(cart.shipping, t) : undefined}
      />
    </>
  );
}
