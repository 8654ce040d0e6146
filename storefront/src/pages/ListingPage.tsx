import { useState, type ReactNode } from 'react';
import { useCategories, useProducts } from '../api/catalogue';
import type { ProductList } from '../api/types';
import { ActiveFilters } from '../catalogue/ActiveFilters';
import { FilterPanel } from '../catalogue/FilterPanel';
import { countActive, effectiveSort, NO_FILTERS, parseFilters, SORTS, toApiQuery, toSearchParams, type Filters } from '../catalogue/filters';
import { GridSkeleton, ProductGrid } from '../catalogue/ProductGrid';
import { Button, ButtonLink } from '../components/Button';
import { Icon } from '../components/Icon';
import { useMedia } from '../components/media';
import { useToasts } from '../components/Toasts';
import { Sheet } from '../components/Sheet';
import { Empty, Failure } from '../components/States';
import { useLocation, useParams, useSearchParams } from '../router/hooks';
import { usePageTitle } from '../shell/page-title';
import type { Messages } from '../messages/catalogue';
import { useMessages } from '../messages/messages';
import styles from './ListingPage.module.css';
import { NotFound } from './NotFoundPage';

/** The list of products, for all products, a category or a search. */
export default function ListingPage() {
  const t = useMessages();
  const { handle } = useParams();
  const { pathname } = useLocation();
  const [params, setParams] = useSearchParams();
  const isSearch = pathname === '/search';
  const filters: Filters = { ...parseFilters(params), ...(handle === undefined ? {} : { category: handle }) };

  const onChange = (next: Filters) => {
    // On a category's page, the path already contains the category.
    setParams(toSearchParams(handle === undefined ? next : { ...next, category: null }), { preventScrollReset: true });
  };

  const categories = useCategories();
  const category = categories.data?.items.find((one) => one.handle === handle);
  if (handle !== undefined && categories.isSuccess && !category) return <div className="page"><NotFound what="category" /></div>;

  const title = isSearch
    ? filters.q ? t.catalogue.resultsFor(filters.q) : t.shell.titles['/search']
    : handle === undefined ? t.shell.allProducts : (category?.name ?? null);

  return (
    <div className={`page ${styles.page}`}>
      <Heading title={title} description={category?.description ?? null} />
      <Listing filters={filters} onChange={onChange} fixedCategory={handle !== undefined} isSearch={isSearch} />
    </div>
  );
}

function Heading({ title, description }: { title: string | null; description: string | null }) {
  usePageTitle(title);
  return (
    <header className={styles.heading}>
      <h1>{title ?? '\u00a0'}</h1>
      {description && <p>{description}</p>}
    </header>
  );
}

interface ListingProps {
  filters: Filters;
  onChange: (filters: Filters) => void;
  fixedCategory: boolean;
  isSearch: boolean;
}

/** Says what was searched for when no product matches the query itself. */
function Substituted({ list, query }: { list: ProductList; query: string }) {
  const t = useMessages();
  if (list.is_partial_match) {
    return <p className={styles.corrected}>{t.catalogue.partialMatch(<strong>{query}</strong>)}</p>;
  }
  if (!list.corrected_query) return null;
  return (
    <p className={styles.corrected}>
      {t.catalogue.corrected(<strong>{query}</strong>, <strong>{list.corrected_query}</strong>)}
    </p>
  );
}

function Listing({ filters, onChange, fixedCategory, isSearch }: ListingProps) {
  const t = useMessages();
  const list = useProducts(toApiQuery(filters));
  const first = list.data?.pages[0];
  const products = list.data?.pages.flatMap((page) => page.items) ?? [];
  const active = countActive(filters, fixedCategory);
  const clear = () => onChange({ ...NO_FILTERS, q: filters.q, sort: filters.sort });
  const panel = <FilterPanel facets={first?.facets} filters={filters} onChange={onChange} fixedCategory={fixedCategory} />;

  return (
    <div className={styles.layout}>
      <FilterColumn>{panel}</FilterColumn>
      <section aria-label={t.catalogue.products}>
        <div className={styles.toolbar}>
          <p role="status" className={styles.count}>{first && countText(first, t)}</p>
          <FilterSheet active={active} list={first}>{panel}</FilterSheet>
          <SortSelect filters={filters} onChange={onChange} isSearch={isSearch} />
        </div>
        <ActiveFilters filters={filters} facets={first?.facets} onChange={onChange} onClear={clear} fixedCategory={fixedCategory} />
        {first && products.length > 0 && <Substituted list={first} query={filters.q} />}

        {list.isPending && <GridSkeleton count={9} narrow />}
        {list.isError && products.length === 0 && <Failure error={list.error} onRetry={() => void list.refetch()} />}
        {list.isSuccess && products.length === 0 && <NoProducts query={filters.q} isFiltered={active > 0} fixedCategory={fixedCategory} onClear={clear} />}
        <div className={styles.grid} data-stale={list.isPlaceholderData} aria-busy={list.isFetching}>
          <ProductGrid products={products} eager={6} heading="h2" narrow />
        </div>
        <LoadMore list={list} shown={products.length} />
      </section>
    </div>
  );
}

const WIDE = '(min-width: 60rem)';

/** The filters beside the products on a wide screen. */
function FilterColumn({ children }: { children: ReactNode }) {
  const t = useMessages();
  const wide = useMedia(WIDE);
  if (wide === false) return null;
  return <aside aria-label={t.catalogue.filters} className={styles.filterColumn}>{children}</aside>;
}

/** On a narrow screen, the filters are in a sheet, which this button opens. */
function FilterSheet({ active, list, children }: { active: number; list: ProductList | undefined; children: ReactNode }) {
  const t = useMessages();
  const wide = useMedia(WIDE);
  const [open, setOpen] = useState(false);
  if (wide) return null;
  return (
    <div className={styles.filterSheet}>
      <Button look="secondary" size="small" onClick={() => setOpen(true)}>
        <Icon name="filter" size={18} /> {active > 0 ? t.catalogue.filtersActive(active) : t.catalogue.filters}
      </Button>
      <Sheet
        open={open}
        onClose={() => setOpen(false)}
        title={t.catalogue.filters}
        footer={<Button wide onClick={() => setOpen(false)}>{list?.count ? t.catalogue.showCount(countText(list, t)) : t.catalogue.showProducts}</Button>}
      >
        {children}
      </Sheet>
    </div>
  );
}

interface NoProductsProps {
  query: string;
  isFiltered: boolean;
  fixedCategory: boolean;
  onClear: () => void;
}

function NoProducts({ query, isFiltered, fixedCategory, onClear }: NoProductsProps) {
  const t = useMessages();
  if (isFiltered) {
    return (
      <Empty title={query ? t.catalogue.noResultsFor(query) : t.catalogue.noMatch}>
        <Button look="secondary" onClick={onClear}>{t.catalogue.clearFilters}</Button>
      </Empty>
    );
  }
  if (query) return <Empty title={t.catalogue.noResultsFor(query)}><p>{t.catalogue.tryOther}</p></Empty>;
  // A category can be empty: the links to it are gone, but not the bookmarks.
  return (
    <Empty title={t.catalogue.noProducts}>
      {fixedCategory && <ButtonLink look="secondary" to="/products">{t.shell.allProducts}</ButtonLink>}
    </Empty>
  );
}

function countText({ count }: ProductList, t: Messages): string {
  return count ? t.common.products(count.value, count.capped ? `${count.value}+` : String(count.value)) : '';
}

function SortSelect({ filters, onChange, isSearch }: { filters: Filters; onChange: (filters: Filters) => void; isSearch: boolean }) {
  const t = useMessages();
  const offered = SORTS.filter((sort) => sort !== 'relevance' || isSearch);
  return (
    <div className={styles.sort}>
      <label htmlFor="sort">{t.catalogue.sortBy}</label>
      <select
        id="sort"
        value={effectiveSort(filters)}
        onChange={(event) => {
          const sort = offered.find((one) => one === event.target.value) ?? null;
          onChange({ ...filters, sort: sort === effectiveSort({ ...filters, sort: null }) ? null : sort });
        }}
      >
        {offered.map((sort) => <option key={sort} value={sort}>{t.catalogue.sorts[sort]}</option>)}
      </select>
    </div>
  );
}

function LoadMore({ list, shown }: { list: ReturnType<typeof useProducts>; shown: number }) {
  const t = useMessages();
  const { announce } = useToasts();
  if (!list.hasNextPage) return null;
  const onMore = async () => {
    const result = await list.fetchNextPage();
    const total = result.data?.pages.reduce((sum, page) => sum + page.items.length, 0) ?? shown;
    announce(t.catalogue.shown(total));
  };
  return (
    <div className={styles.more}>
      {list.isFetchNextPageError && <p role="alert">{t.catalogue.moreNotLoaded}</p>}
      <Button look="secondary" busy={list.isFetchingNextPage} onClick={() => void onMore()}>{t.catalogue.showMore}</Button>
    </div>
  );
}
