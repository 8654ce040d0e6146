import { Link } from 'react-router';
import type { Cart } from '../api/types';
import { CartChanges } from '../cart/CartChanges';
import { TotalsTable } from '../cart/TotalsTable';
import { ProductImage } from '../components/ProductImage';
import { Amount } from '../money/Price';
import styles from './OrderSummary.module.css';

export function OrderSummary({ cart, editable }: { cart: Cart; editable: boolean }) {
  return (
    <aside className={styles.summary} aria-labelledby="order-summary">
      <header className={styles.head}>
        <h2 id="order-summary">Order summary</h2>
        {editable && <Link to="/cart">Edit cart</Link>}
      </header>
      <CartChanges changes={cart.changes} />
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
      {cart.promotion?.applies && <p className={styles.soft}>Discount code {cart.promotion.code}: {cart.promotion.description}</p>}
      <TotalsTable
        totals={cart.totals}
        shippingText={cart.shipping ? undefined : 'Not chosen yet'}
        shippingLabel={cart.shipping?.label}
      />
    </aside>
  );
}
