import type { ProductQuery } from '../api/catalogue';

export const SORTS = ['relevance', 'newest', 'price', '-price', 'title', '-title'] as const;
export type Sort = (typeof SORTS)[number];

/** The filters of a listing. They live in the URL, so that a list can be shared and restored by the back button. */
export interface Filters {
  q: string;
  category: string | null;
  vendors: string[];
  tags: string[];
  minPrice: number | null;
  maxPrice: number | null;
  inStock: boolean;
  /** Null selects the page's default: relevance for a search, newest elsewhere. */
  sort: Sort | null;
}

export const NO_FILTERS: Filters = {
  q: '', category: null, vendors: [], tags: [], minPrice: null, maxPrice: null, inStock: false, sort: null,
};

/** The API's limit, in characters. */
const MAX_QUERY_LENGTH = 200;

function minorUnits(text: string | null): number | null {
  if (text === null || !/^\d{1,15}$/.test(text)) return null;
  return Number(text);
}

function unique(values: string[]): string[] {
  return [...new Set(values.filter((value) => value !== ''))].toSorted();
}

/** Parses the URL. Invalid values, as in an old link, are ignored. */
export function parseFilters(params: URLSearchParams): Filters {
  const sort = params.get('sort');
  const minPrice = minorUnits(params.get('min_price'));
  const maxPrice = minorUnits(params.get('max_price'));
  return {
    q: (params.get('q') ?? '').trim().slice(0, MAX_QUERY_LENGTH),
    category: params.get('category') || null,
    vendors: unique(params.getAll('vendor')),
    tags: unique(params.getAll('tag')),
    minPrice,
    maxPrice: minPrice !== null && maxPrice !== null && maxPrice < minPrice ? null : maxPrice,
    inStock: params.get('in_stock') === 'true',
    sort: SORTS.find((known) => known === sort) ?? null,
  };
}

export function toSearchParams(filters: Filters): URLSearchParams {
  const params = new URLSearchParams();
  if (filters.q) params.set('q', filters.q);
  if (filters.category) params.set('category', filters.category);
  for (const vendor of filters.vendors) params.append('vendor', vendor);
  for (const tag of filters.tags) params.append('tag', tag);
  if (filters.minPrice !== null) params.set('min_price', String(filters.minPrice));
  if (filters.maxPrice !== null) params.set('max_price', String(filters.maxPrice));
  if (filters.inStock) params.set('in_stock', 'true');
  if (filters.sort) params.set('sort', filters.sort);
  return params;
}

export function effectiveSort(filters: Filters): Sort {
  return filters.sort ?? (filters.q ? 'relevance' : 'newest');
}

export function toApiQuery(filters: Filters): ProductQuery {
  return {
    q: filters.q,
    category: filters.category,
    vendor: filters.vendors,
    tag: filters.tags,
    min_price: filters.minPrice,
    max_price: filters.maxPrice,
    in_stock: filters.inStock,
    sort: effectiveSort(filters),
  };
}

export function toggle(values: string[], value: string): string[] {
  return values.includes(value) ? values.filter((one) => one !== value) : [...values, value].toSorted();
}

/** Counts the active filters, without the category on a category's own page. */
export function countActive(filters: Filters, fixedCategory: boolean): number {
  return (
    (filters.category && !fixedCategory ? 1 : 0) +
    filters.vendors.length +
    filters.tags.length +
    (filters.minPrice !== null || filters.maxPrice !== null ? 1 : 0) +
    (filters.inStock ? 1 : 0)
  );
}
