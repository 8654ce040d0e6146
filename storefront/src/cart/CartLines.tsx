import { useAddToCart, useSetQuantity } from '../api/cart';
import { messageOf } from '../api/problem';
import type { CartLine } from '../api/types';
import { TextButton } from '../components/Button';
import { useToasts } from '../components/Toasts';
import { ProductImage } from '../components/ProductImage';
import { QuantityStepper } from '../components/QuantityStepper';
import { Amount } from '../money/Price';
import { useMessages } from '../messages/messages';
import { Link } from '../router/Link';
import styles from './CartLines.module.css';

export function CartLines({ lines }: { lines: CartLine[] }) {
  return (
    <ul className={styles.lines}>
      {lines.map((line) => <Line key={line.sku} line={line} />)}
    </ul>
  );
}

function Line({ line }: { line: CartLine }) {
  const t = useMessages();
  const change = useSetQuantity();
  const add = useAddToCart();
  const { announce, notify } = useToasts();
  // Optimistic: the requested quantity is shown while the request is pending.
  const quantity = change.isPending ? change.variables.quantity : line.quantity;

  const set = (next: number) =>
    change.mutate({ sku: line.sku, quantity: next }, {
      onSuccess: () => announce(t.cart.quantity(line.title, next)),
      onError: (error) => notify({ kind: 'problem', text: messageOf(error, t) }),
    });

  const restore = () =>
    add.mutateAsync({ sku: line.sku, quantity: line.quantity }).then(
      () => announce(t.cart.restored(line.title)),
      (error: unknown) => notify({ kind: 'problem', text: messageOf(error, t) }),
    );

  const remove = () => {
    // The promise, unlike a callback of the mutation, is settled although the line is gone by then.
    change.mutateAsync({ sku: line.sku, quantity: 0 }).then(
      () => notify({ text: t.cart.removed(line.title), action: { text: t.cart.undo, run: () => void restore() } }),
      (error: unknown) => notify({ kind: 'problem', text: messageOf(error, t) }),
    );
    // The button disappears with its line: without this the focus would return to the top of the page.
    document.getElementById('cart-title')?.focus();
  };

  return (
    <li className={styles.line} data-unavailable={!line.available}>
      <div className={styles.image}><ProductImage image={line.image} alt="" size="thumbnail" /></div>
      <div className={styles.words}>
        <h2><Link to={`/products/${encodeURIComponent(line.handle)}?variant=${encodeURIComponent(line.sku)}`}>{line.title}</Link></h2>
        {line.option_values.length > 0 && <p className={styles.soft}>{line.option_values.join(' / ')}</p>}
        <p className={styles.soft}><Amount value={line.unit_price} /> {t.cart.each}</p>
        {!line.available && <p className={styles.problem}>{t.cart.unavailable}</p>}
      </div>
      <div className={styles.controls}>
        <QuantityStepper label={t.common.quantityOf(line.title)} value={quantity} max={line.max_quantity} onChange={set} />
        <TextButton aria-label={t.cart.remove(line.title)} onClick={remove}>{t.common.remove}</TextButton>
      </div>
      <p className={styles.total} aria-busy={change.isPending}>
        <Amount value={line.subtotal} />
        {line.discount.amount !== 0 && (
          <span className={styles.discount}>−<Amount value={{ ...line.discount, amount: Math.abs(line.discount.amount) }} /></span>
        )}
      </p>
    </li>
  );
}
