import { PAGE_SIZE, useFilledCategories, useShelf, useShop } from '../api/catalogue';
import { useStorefront } from '../api/storefront';
import type { Category, HomeText, ProductCard, ProductList } from '../api/types';
import { ProductGrid, GridSkeleton } from '../catalogue/ProductGrid';
import { withVariety } from '../catalogue/variety';
import { ButtonLink } from '../components/Button';
import { Icon } from '../components/Icon';
import { ProductImage } from '../components/ProductImage';
import { Failure, Skeleton } from '../components/States';
import { reductionOf } from '../money/money';
import { Link } from '../router/Link';
import { usePageTitle } from '../shell/page-title';
import { useMerchantLang, useMerchantText } from '../messages/merchant-text';
import { useMessages } from '../messages/messages';
import styles from './HomePage.module.css';

const NEWEST = { sort: 'newest', limit: PAGE_SIZE };

export default function HomePage() {
  const t = useMessages();
  usePageTitle();
  const newest = useShelf(NEWEST);
  const categories = useFilledCategories();
  const products = newest.data?.items ?? [];
  const offers = products.filter((product) => reductionOf(product) !== null);

  return (
    <div className="page">
      <Hero list={newest.data} categories={categories.data?.length} />
      <Categories categories={categories.data} products={products} />

      <section aria-labelledby="newest" className={styles.section}>
        <header className={styles.sectionHead}>
          <h2 id="newest">{t.catalogue.newArrivals}</h2>
          <Link to="/products?sort=newest">{t.catalogue.seeAll}</Link>
        </header>
        {newest.isPending && <GridSkeleton />}
        {newest.isError && <Failure error={newest.error} onRetry={() => void newest.refetch()} />}
        <ProductGrid products={withVariety(products, 8, 3)} />
      </section>

      {offers.length >= 4 && (
        <section aria-labelledby="offers" className={styles.section}>
          <header className={styles.sectionHead}>
            <h2 id="offers">{t.catalogue.onSale}</h2>
          </header>
          <ProductGrid products={offers.slice(0, 4)} />
        </section>
      )}
    </div>
  );
}

/** Picks three products of different categories, so that the tiles show the range of the shop. */
function showcase(products: ProductCard[]): ProductCard[] {
  const seen = new Set<string | null | undefined>();
  return products.filter((product) => {
    if (!product.image || !product.available || seen.has(product.category)) return false;
    seen.add(product.category);
    return true;
  }).slice(0, 3);
}

/** Returns the texts at the top: the merchant's, or else a greeting. */
function useGreeting(): HomeText & { lang?: string | undefined } {
  const t = useMessages();
  const { data: shop } = useShop();
  const { data: storefront } = useStorefront();
  const textOf = useMerchantText();
  const langOf = useMerchantLang();
  const own = storefront && textOf(storefront.home);
  if (own) return { ...own, lang: langOf(storefront.home) };
  if (shop?.demo === false) return { title: t.catalogue.welcome(shop.name), lead: t.catalogue.welcomeLead };
  return { title: t.catalogue.demoTitle, lead: t.catalogue.demoLead };
}

function Hero({ list, categories }: { list: ProductList | undefined; categories: number | undefined }) {
  const t = useMessages();
  const { title, lead, lang } = useGreeting();
  return (
    <section className={styles.hero} aria-labelledby="hero-title">
      <div>
        <div lang={lang}>
          <h1 id="hero-title">{title}</h1>
          {lead && <p className={styles.lead}>{lead}</p>}
        </div>
        <div className={styles.heroActions}>
          <ButtonLink to="/products" size="large">
            {t.catalogue.heroShop} <Icon name="arrow" />
          </ButtonLink>
          {categories !== 0 && <a href="#categories">{t.catalogue.heroCategories}</a>}
        </div>
      </div>
      <div className={styles.mosaic}>
        {list
          ? showcase(list.items.length > 14 ? list.items.slice(8) : list.items).map((product) => (
              <Link key={product.id} to={`/products/${encodeURIComponent(product.handle)}`} className={styles.mosaicTile}>
                <ProductImage image={product.image} alt="" eager size="main" />
                <span className={styles.mosaicName}>{product.title}</span>
              </Link>
            ))
          : [0, 1, 2].map((index) => <Skeleton key={index} style={{ aspectRatio: '1' }} />)}
      </div>
    </section>
  );
}

function Categories({ categories, products }: { categories: Category[] | undefined; products: ProductCard[] }) {
  const t = useMessages();
  if (categories?.length === 0) return null;
  return (
    <section id="categories" aria-labelledby="categories-title" className={styles.section}>
      <h2 id="categories-title" className={styles.sectionHead}>{t.catalogue.byCategory}</h2>
      <ul className={styles.categories}>
        {categories
          ? categories.map((category) => (
              <li key={category.handle}>
                <Link to={`/categories/${encodeURIComponent(category.handle)}`} className={styles.category}>
                  <CategoryImage category={category} products={products} />
                  <span className={styles.categoryName}>{category.name}</span>
                  <span className={styles.categoryCount}>
                    {t.common.products(category.product_count, String(category.product_count))}
                  </span>
                </Link>
              </li>
            ))
          : Array.from({ length: 4 }, (_, index) => <li key={index}><Skeleton style={{ aspectRatio: '1' }} /></li>)}
      </ul>
    </section>
  );
}

/** The image of one of the category's products, since categories have none of their own. */
function CategoryImage({ category, products }: { category: Category; products: ProductCard[] }) {
  const known = products.findLast((product) => product.category === category.handle && product.image);
  const list = useShelf({ category: category.handle, sort: 'newest', limit: 1 }, products.length > 0 && !known);
  return <ProductImage image={known?.image ?? list.data?.items[0]?.image} alt="" />;
}
