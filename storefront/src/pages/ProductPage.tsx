import { useState } from 'react';
import { useAddToCart } from '../api/cart';
import { useCategories, useProduct, useShelf, useShop } from '../api/catalogue';
import { isStatus } from '../api/problem';
import { useRatings } from '../api/ratings';
import type { Product, Variant } from '../api/types';
import { Availability } from '../catalogue/Availability';
import { Gallery } from '../catalogue/Gallery';
import { OptionPicker } from '../catalogue/OptionPicker';
import { ProductGrid } from '../catalogue/ProductGrid';
import { ProductSections } from '../catalogue/ProductSections';
import { initialVariant, isBuyable } from '../catalogue/variants';
import { Button } from '../components/Button';
import { useCartToast } from '../components/cart-toast';
import { QuantityStepper } from '../components/QuantityStepper';
import { RatingLine } from '../components/Stars';
import { Failure, Loading, Skeleton } from '../components/States';
import { Price, UnitPrice } from '../money/Price';
import { Reviews } from '../reviews/Reviews';
import { useParams, useSearchParams } from '../router/hooks';
import { Link } from '../router/Link';
import { usePageTitle } from '../shell/page-title';
import { useMessages } from '../messages/messages';
import { NotFound } from './NotFoundPage';
import styles from './ProductPage.module.css';

export default function ProductPage() {
  const t = useMessages();
  const { handle = '' } = useParams();
  const product = useProduct(handle);
  usePageTitle(product.data?.title ?? (product.isError ? t.shell.notFound.product : null));

  if (product.isPending) return <ProductSkeleton />;
  if (isStatus(product.error, 404) || isStatus(product.error, 410)) return <div className="page"><NotFound what="product" /></div>;
  if (product.isError) return <div className="page"><Failure error={product.error} onRetry={() => void product.refetch()} /></div>;
  // The key resets the chosen variant and image when the route changes to another product.
  return <ProductView key={product.data.id} product={product.data} />;
}

function ProductView({ product }: { product: Product }) {
  const t = useMessages();
  const [params, setParams] = useSearchParams();
  const variant = initialVariant(product, params.get('variant'));
  const [shownImage, setShownImage] = useState<number | null>(null);
  const image = shownImage ?? variant?.image ?? 0;
  const { data: ratings } = useRatings([product.id]);
  const rating = ratings?.get(product.id);

  const choose = (next: Variant) => {
    setShownImage(null);
    setParams({ variant: next.sku }, { replace: true, preventScrollReset: true });
  };

  return (
    <div className="page">
      <Breadcrumb product={product} />
      <div className={styles.top}>
        <Gallery title={product.title} images={product.images} shown={image} onShow={setShownImage} />
        <div className={styles.buy}>
          <div className={styles.names}>
            <p className={styles.vendor}>
              <Link to={`/products?vendor=${encodeURIComponent(product.vendor)}`}>{product.vendor}</Link>
            </p>
            <h1>{product.title}</h1>
            {rating && rating.count > 0 && (
              <a href="#reviews" className={styles.rating}><RatingLine average={rating.average} count={rating.count} /></a>
            )}
          </div>
          {variant && (
            <>
              <div aria-live="polite" aria-atomic="true" className={styles.offer}>
                <Price offer={variant} size="large" />
                {variant.unit_price && <UnitPrice price={variant.unit_price.price} per={variant.unit_price.per} />}
                <TaxNote variant={variant} />
                <Availability variant={variant} />
                {product.withdrawal_exception && <p className={styles.tax}>{t.product.withdrawalExceptions[product.withdrawal_exception]}</p>}
              </div>
              <OptionPicker product={product} variant={variant} onChoose={choose} />
              <AddToCart key={variant.sku} product={product} variant={variant} />
            </>
          )}
          {/* Safe: the server sanitises descriptions when a merchant saves them. */}
          <div className={styles.description} dangerouslySetInnerHTML={{ __html: product.description_html }} />
          <ProductSections product={product} variant={variant} />
        </div>
      </div>
      <Reviews handle={product.handle} title={product.title} />
      <Related product={product} />
    </div>
  );
}

/** Says whether tax is part of the price, and that delivery is not, as the law wants beside every price. */
function TaxNote({ variant }: { variant: Variant }) {
  const t = useMessages();
  const { data: shop } = useShop();
  if (!shop) return null;
  const isShipped = variant.requires_shipping;
  const included = isShipped ? t.product.taxIncluded : t.product.taxIncludedOnly;
  const added = isShipped ? t.product.taxAdded : t.product.taxAddedOnly;
  return <p className={styles.tax}>{shop.prices_include_tax ? included : added}</p>;
}

function AddToCart({ product, variant }: { product: Product; variant: Variant }) {
  const t = useMessages();
  const [quantity, setQuantity] = useState(1);
  const add = useAddToCart();
  const toast = useCartToast();
  if (!isBuyable(variant)) return <Button size="large" wide disabled>{t.catalogue.soldOut}</Button>;
  const onAdd = () =>
    add.mutate({ sku: variant.sku, quantity }, { onSuccess: () => toast.added(product.title), onError: toast.failed });
  return (
    <div className={styles.add}>
      <QuantityStepper label={t.common.quantityOf(product.title)} value={quantity} max={variant.available_quantity} onChange={setQuantity} />
      <Button size="large" wide busy={add.isPending} onClick={onAdd}>{t.product.addToCart}</Button>
    </div>
  );
}

function Breadcrumb({ product }: { product: Product }) {
  const t = useMessages();
  const { data } = useCategories();
  const category = data?.items.find((one) => one.handle === product.category);
  return (
    <nav aria-label={t.product.breadcrumb} className={styles.breadcrumb}>
      <ol className={styles.crumbs}>
        <li><Link to="/products">{t.shell.allProducts}</Link></li>
        {category && <li><Link to={`/categories/${encodeURIComponent(category.handle)}`}>{category.name}</Link></li>}
      </ol>
    </nav>
  );
}

function Related({ product }: { product: Product }) {
  const t = useMessages();
  const list = useShelf({ category: product.category, in_stock: true, sort: 'newest', limit: 5 }, Boolean(product.category));
  const others = (list.data?.items ?? []).filter((other) => other.id !== product.id).slice(0, 4);
  if (others.length < 2) return null;
  return (
    <section aria-labelledby="related" className={styles.related}>
      <h2 id="related">{t.product.related}</h2>
      <ProductGrid products={others} />
    </section>
  );
}

function ProductSkeleton() {
  const t = useMessages();
  return (
    <div className="page">
      <Loading label={t.product.loading}>
        <div className={styles.top} style={{ marginTop: '4rem' }}>
          <Skeleton style={{ aspectRatio: '1' }} />
          <div className={styles.buy}>
            <Skeleton width="75%" height="2.5rem" />
            <Skeleton width="30%" height="1.6rem" />
            <Skeleton width="100%" height="8rem" />
            <Skeleton width="100%" height="3.25rem" />
          </div>
        </div>
      </Loading>
    </div>
  );
}
