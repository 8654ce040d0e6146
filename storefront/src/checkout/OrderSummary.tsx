import { Link } from 'react-router';
import type { Cart } from '../api/types';
import { CartChanges } from '../cart/CartChanges';
import { TotalsTable } from '../cart/TotalsTable';
import { ProductImage } from '../components/ProductImage';
import { Amount } from '../money/Price';
import { useMessages } from '../messages/messages';
import { optionLabel } from './delivery-option';
import styles from './OrderSummary.module.css';

export function OrderSummary({ cart, editable }: { cart: Cart; editable: boolean }) {
  const t = useMessages();
  return (
    <aside className={styles.summary} aria-labelledby="order-summary">
      <header className={styles.head}>
        <h2 id="order-summary">{t.checkout.summary}</h2>
        {editable && <Link to="/cart">{t.checkout.editCart}</Link>}
      </header>
      <CartChanges changes={cart.changes} lines={cart.lines} />
      <ul className={styles.lines}>
        {cart.lines.map((line) => (
          <li key={line.sku}>
            <div className={styles.image}><ProductImage image={line.image} alt="" /></div>
            <div>
              <p className={styles.title}>{line.title}</p>
              <p className={styles.soft}>{[`${line.quantity} ×`, line.option_values.join(' / ')].filter(Boolean).join(' ')}</p>
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
    </aside>
  );
}
