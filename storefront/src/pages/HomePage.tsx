import { Link } from 'react-router';
import { PAGE_SIZE, useCategories, useShelf, useShop } from '../api/catalogue';
import type { Category, ProductCard, ProductList } from '../api/types';
import { ProductGrid, GridSkeleton } from '../catalogue/ProductGrid';
import { ButtonLink } from '../components/Button';
import { Icon } from '../components/Icon';
import { Picture } from '../components/Picture';
import { Failure, Skeleton } from '../components/States';
import { percentOff } from '../money/money';
import { usePageTitle } from '../shell/page-title';
import styles from './HomePage.module.css';

const NEWEST = { sort: 'newest', limit: PAGE_SIZE };

export default function HomePage() {
  usePageTitle('');
  const newest = useShelf(NEWEST);
  const categories = useCategories();
  const products = newest.data?.items ?? [];
  const offers = products.filter((product) => percentOff(product.price, product.compare_at_price) !== null);

  return (
    <div className="page">
      <Hero list={newest.data} categories={categories.data?.items.length} />
      <Categories categories={categories.data?.items} products={products} />

      <section aria-labelledby="newest" className={styles.section}>
        <header className={styles.sectionHead}>
          <h2 id="newest">New in the shop</h2>
          <Link to="/products?sort=newest">See all</Link>
        </header>
        {newest.isPending && <GridSkeleton />}
        {newest.isError && <Failure error={newest.error} onRetry={() => void newest.refetch()} />}
        <ProductGrid products={products.slice(0, 8)} />
      </section>

      {offers.length >= 4 && (
        <section aria-labelledby="offers" className={styles.section}>
          <header className={styles.sectionHead}>
            <h2 id="offers">Reduced for now</h2>
          </header>
          <ProductGrid products={offers.slice(0, 4)} />
        </section>
      )}
    </div>
  );
}

/** One picture per category, so that three tiles show three corners of the shop. The newest
 * products have their own shelf below. */
function showcase(products: ProductCard[]): ProductCard[] {
  const seen = new Set<string | null | undefined>();
  return products.filter((product) => {
    if (!product.picture || !product.available || seen.has(product.category)) return false;
    seen.add(product.category);
    return true;
  }).slice(0, 3);
}

function Hero({ list, categories }: { list: ProductList | undefined; categories: number | undefined }) {
  const { data: shop } = useShop();
  const vendors = list?.facets?.vendors.length ?? 0;
  const count = list?.count && (list.count.capped ? `${list.count.value}+` : String(list.count.value));
  return (
    <section className={styles.hero} aria-labelledby="hero-title">
      <div className={styles.heroWords}>
        <h1 id="hero-title">Things you&rsquo;ll keep for years.</h1>
        <p className={styles.lead}>
          {count && vendors > 1
            ? `${count} well-made things from ${vendors} makers, chosen one by one${shop ? ` by ${shop.name}` : ''} and sent from our own warehouse.`
            : 'Well-made things, chosen one by one and sent from our own warehouse.'}
        </p>
        <div className={styles.heroActions}>
          <ButtonLink to="/products" size="large">
            Browse everything <Icon name="arrow" />
          </ButtonLink>
          {categories !== undefined && categories > 0 && <a href="#categories">See the categories</a>}
        </div>
      </div>
      <div className={styles.mosaic}>
        {list
          ? showcase(list.items.length > 14 ? list.items.slice(8) : list.items).map((product) => (
              <Link key={product.id} to={`/products/${encodeURIComponent(product.handle)}`} className={styles.mosaicTile}>
                <Picture picture={product.picture} alt="" eager />
                <span className={styles.mosaicName}>{product.title}</span>
              </Link>
            ))
          : [0, 1, 2].map((index) => <Skeleton key={index} style={{ aspectRatio: '1' }} />)}
      </div>
    </section>
  );
}

function Categories({ categories, products }: { categories: Category[] | undefined; products: ProductCard[] }) {
  if (categories?.length === 0) return null;
  return (
    <section id="categories" aria-labelledby="categories-title" className={styles.section}>
      <h2 id="categories-title" className={styles.sectionHead}>Browse by category</h2>
      <ul className={styles.categories}>
        {categories
          ? categories.map((category) => (
              <li key={category.handle}>
                <Link to={`/categories/${encodeURIComponent(category.handle)}`} className={styles.category}>
                  <CategoryPicture category={category} products={products} />
                  <span className={styles.categoryName}>{category.name}</span>
                  <span className={styles.categoryCount}>
                    {category.product_count} {category.product_count === 1 ? 'product' : 'products'}
                  </span>
                </Link>
              </li>
            ))
          : Array.from({ length: 4 }, (_, index) => <li key={index}><Skeleton style={{ aspectRatio: '1' }} /></li>)}
      </ul>
    </section>
  );
}

/** Categories have no picture of their own: one of their products lends its. */
function CategoryPicture({ category, products }: { category: Category; products: ProductCard[] }) {
  const known = products.findLast((product) => product.category === category.handle && product.picture);
  const list = useShelf({ category: category.handle, sort: 'newest', limit: 1 }, products.length > 0 && !known);
  return <Picture picture={known?.picture ?? list.data?.items[0]?.picture} alt="" />;
}
