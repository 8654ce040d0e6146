import { useAddToCart } from '../api/cart';
import type { ProductCard as Card, Rating } from '../api/types';
import { useCartToast } from '../components/cart-toast';
import { Icon } from '../components/Icon';
import { ProductImage } from '../components/ProductImage';
import { RatingLine } from '../components/Stars';
import { Price } from '../money/Price';
import { reductionOf } from '../money/money';
import { useMessages } from '../messages/messages';
import { Link } from '../router/Link';
import styles from './ProductCard.module.css';

interface ProductCardProps {
  product: Card;
  rating?: Rating | undefined;
  eager?: boolean;
  /** The heading level of the product title. */
  heading?: 'h2' | 'h3';
}

export function ProductCard({ product, rating, eager = false, heading: Heading = 'h3' }: ProductCardProps) {
  const t = useMessages();
  const reduction = reductionOf(product);
  return (
    <article className={styles.card}>
      <div className={styles.image} data-sold-out={!product.available}>
        <ProductImage image={product.image} alt="" eager={eager} />
        {!product.available && <span className={styles.soldOut}>{t.catalogue.soldOut}</span>}
        {product.available && reduction && <span className={styles.sale}>{t.catalogue.percentOff(reduction.percent)}</span>}
        {product.available && product.sku && <QuickAdd sku={product.sku} title={product.title} />}
      </div>
      <div className={styles.words}>
        <Heading className={styles.title}>
          {/* The link covers the whole card, but is read as the title alone. */}
          <Link to={`/products/${encodeURIComponent(product.handle)}`}>{product.title}</Link>
        </Heading>
        <p className={styles.vendor}>{product.vendor}</p>
        <Price offer={product} from={product.price.amount < product.price_max.amount} />
        {rating && <RatingLine average={rating.average} count={rating.count} />}
      </div>
    </article>
  );
}

/** Adds a product without options to the cart. */
function QuickAdd({ sku, title }: { sku: string; title: string }) {
  const t = useMessages();
  const add = useAddToCart();
  const toast = useCartToast();
  return (
    <button
      type="button"
      className={styles.add}
      aria-label={t.catalogue.quickAdd(title)}
      aria-disabled={add.isPending || undefined}
      onClick={() => {
        if (!add.isPending) add.mutate({ sku, quantity: 1 }, { onSuccess: () => toast.added(title), onError: toast.failed });
      }}
    >
      <Icon name="plus" />
    </button>
  );
}
