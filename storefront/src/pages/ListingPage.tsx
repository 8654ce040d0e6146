import { useState } from 'react';
import { useLocation, useParams, useSearchParams } from 'react-router';
import { useCategories, useProducts } from '../api/catalogue';
import type { ProductList } from '../api/types';
import { ActiveFilters } from '../catalogue/ActiveFilters';
import { FilterPanel } from '../catalogue/FilterPanel';
import { countActive, effectiveSort, NO_FILTERS, parseFilters, SORT_LABELS, SORTS, toApiQuery, toSearchParams, type Filters } from '../catalogue/filters';
import { GridSkeleton, ProductGrid } from '../catalogue/ProductGrid';
import { Button } from '../components/Button';
import { Icon } from '../components/Icon';
import { useMedia } from '../components/media';
import { useToasts } from '../components/Toasts';
import { Sheet } from '../components/Sheet';
import { Empty, Failure } from '../components/States';
import { useOptimisticUrlState } from '../shell/optimistic-url-state';
import { usePageTitle } from '../shell/page-title';
import styles from './ListingPage.module.css';
import { NotFound } from './NotFoundPage';

/** The list of products, for all products, a category or a search. */
export default function ListingPage() {
  const { handle } = useParams();
  const { pathname } = useLocation();
  const [params, setParams] = useSearchParams();
  const isSearch = pathname === '/search';
  const [filters, setFilters] = useOptimisticUrlState<Filters>(
    { ...parseFilters(params), ...(handle === undefined ? {} : { category: handle }) },
    `${pathname}?${params}`,
  );

  const onChange = (next: Filters) => {
    setFilters(next);
    // On a category's page, the path already contains the category.
    setParams(toSearchParams(handle === undefined ? next : { ...next, category: null }), { preventScrollReset: true });
  };

  const categories = useCategories();
  const category = categories.data?.items.find((one) => one.handle === handle);
  if (handle !== undefined && categories.isSuccess && !category) return <div className="page"><NotFound what="Category" /></div>;

  const title = isSearch
    ? filters.q ? `Results for “${filters.q}”` : 'Search'
    : handle === undefined ? 'All products' : (category?.name ?? null);

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
  if (list.is_partial_match) {
    return <p className={styles.corrected}>No product matches all of <strong>{query}</strong>. These match some of the words.</p>;
  }
  if (!list.corrected_query) return null;
  return (
    <p className={styles.corrected}>
      No results for <strong>{query}</strong>. Showing results for <strong>{list.corrected_query}</strong>.
    </p>
  );
}

function Listing({ filters, onChange, fixedCategory, isSearch }: ListingProps) {
  const list = useProducts(toApiQuery(filters));
  const wide = useMedia('(min-width: 60rem)');
  const [sheetOpen, setSheetOpen] = useState(false);
  const first = list.data?.pages[0];
  const products = list.data?.pages.flatMap((page) => page.items) ?? [];
  const active = countActive(filters, fixedCategory);
  const clear = () => onChange({ ...NO_FILTERS, q: filters.q, sort: filters.sort });
  const panel = <FilterPanel facets={first?.facets} filters={filters} onChange={onChange} fixedCategory={fixedCategory} />;

  return (
    <div className={styles.layout}>
      {wide && (
        <aside aria-label="Filters">
          {panel}
        </aside>
      )}
      <section aria-label="Products">
        <div className={styles.toolbar}>
          <p role="status" className={styles.count}>{first && <CountText list={first} />}</p>
          {!wide && (
            <Button look="secondary" size="small" onClick={() => setSheetOpen(true)}>
              <Icon name="filter" size={18} /> {active > 0 ? `Filters (${active})` : 'Filters'}
            </Button>
          )}
          <SortSelect filters={filters} onChange={onChange} isSearch={isSearch} />
        </div>
        <ActiveFilters filters={filters} facets={first?.facets} onChange={onChange} onClear={clear} fixedCategory={fixedCategory} />
        {first && products.length > 0 && <Substituted list={first} query={filters.q} />}

        {list.isPending && <GridSkeleton count={9} narrow />}
        {list.isError && products.length === 0 && <Failure error={list.error} onRetry={() => void list.refetch()} />}
        {list.isSuccess && products.length === 0 && (
          <Empty title={filters.q ? `No results for “${filters.q}”` : 'No products match these filters'}>
            {active > 0
              ? <Button look="secondary" onClick={clear}>Clear all filters</Button>
              : <p>Check the spelling or try a different search.</p>}
          </Empty>
        )}
        <div className={styles.grid} data-stale={list.isPlaceholderData} aria-busy={list.isFetching}>
          <ProductGrid products={products} eager={6} heading="h2" narrow />
        </div>
        <LoadMore list={list} shown={products.length} />
      </section>
      {!wide && (
        <Sheet
          open={sheetOpen}
          onClose={() => setSheetOpen(false)}
          title="Filters"
          footer={<Button wide onClick={() => setSheetOpen(false)}>Show {first ? <CountText list={first} /> : 'products'}</Button>}
        >
          {panel}
        </Sheet>
      )}
    </div>
  );
}

function CountText({ list }: { list: ProductList }) {
  if (!list.count) return null;
  const { value, capped } = list.count;
  return <>{capped ? `${value}+` : value} {value === 1 ? 'product' : 'products'}</>;
}

function SortSelect({ filters, onChange, isSearch }: { filters: Filters; onChange: (filters: Filters) => void; isSearch: boolean }) {
  const offered = SORTS.filter((sort) => sort !== 'relevance' || isSearch);
  return (
    <div className={styles.sort}>
      <label htmlFor="sort">Sort by</label>
      <select
        id="sort"
        value={effectiveSort(filters)}
        onChange={(event) => {
          const sort = offered.find((one) => one === event.target.value) ?? null;
          onChange({ ...filters, sort: sort === effectiveSort({ ...filters, sort: null }) ? null : sort });
        }}
      >
        {offered.map((sort) => <option key={sort} value={sort}>{SORT_LABELS[sort]}</option>)}
      </select>
    </div>
  );
}

function LoadMore({ list, shown }: { list: ReturnType<typeof useProducts>; shown: number }) {
  const { announce } = useToasts();
  if (!list.hasNextPage) return null;
  const onMore = async () => {
    const result = await list.fetchNextPage();
    const total = result.data?.pages.reduce((sum, page) => sum + page.items.length, 0) ?? shown;
    announce(`${total} products shown`);
  };
  return (
    <div className={styles.more}>
      {list.isFetchNextPageError && <p role="alert">More products couldn't be loaded.</p>}
      <Button look="secondary" busy={list.isFetchingNextPage} onClick={() => void onMore()}>Show more</Button>
    </div>
  );
}
