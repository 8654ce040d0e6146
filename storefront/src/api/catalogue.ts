import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Language } from '../messages/language';
import { useMessages } from '../messages/messages';
import { api } from './client';
import { apiPath } from './path';
import { isWorthRetry } from './query-client';
import type { Category, Items, Product, ProductList, Shop, Suggestion } from './types';

export const PAGE_SIZE = 24;

export type ProductQuery = Record<string, string | number | boolean | readonly string[] | null | undefined>;

export const SHOP_KEY = ['/api/v1/shop'];

export function useShop() {
  return useQuery<Shop>({ queryKey: SHOP_KEY, staleTime: Infinity });
}

/** The path of what the catalogue says in the language of the page. */
function usePath(path: string, query: ProductQuery = {}): string {
  const { language } = useMessages();
  return apiPath(path, { ...query, language });
}

/** Keeps what is visible while its texts in another language are loaded. */
function keptInOtherLanguage(path: string) {
  return <T>(known: T | undefined, query: { queryKey: readonly unknown[] } | undefined): T | undefined =>
    withoutLanguage(String(query?.queryKey[0])) === withoutLanguage(path) ? known : undefined;
}

function withoutLanguage(path: string): string {
  return path.replace(/([?&])language=[a-z]+/, '$1');
}

const CATEGORIES = '/api/v1/categories';

/** The categories in the language of the page. */
export function useCategories() {
  const path = usePath(CATEGORIES);
  return useQuery<Items<Category>>({ queryKey: [path], staleTime: 5 * 60_000, placeholderData: keptInOtherLanguage(path) });
}

/** The categories in the shop's own language, for staff. */
export function useOwnCategories() {
  return useQuery<Items<Category>>({ queryKey: [CATEGORIES], staleTime: 5 * 60_000 });
}

/** The categories to offer: those that have products. */
export function useFilledCategories() {
  const path = usePath(CATEGORIES);
  return useQuery<Items<Category>, Error, Category[]>({
    queryKey: [path],
    staleTime: 5 * 60_000,
    select: filled,
    placeholderData: keptInOtherLanguage(path),
  });
}

function filled({ items }: Items<Category>): Category[] {
  return items.filter((category) => category.product_count > 0);
}

/** A product list of a fixed length, for the sections of the home page. */
export function useShelf(query: ProductQuery, enabled = true) {
  const path = usePath('/api/v1/products', query);
  return useQuery<ProductList>({ queryKey: [path], enabled, placeholderData: keptInOtherLanguage(path) });
}

export function useProducts(query: ProductQuery) {
  const client = useQueryClient();
  const { language } = useMessages();
  const pagePath = (cursor: string | null) => apiPath('/api/v1/products', { ...query, language, limit: PAGE_SIZE, cursor });
  const path = pagePath(null);
  return useInfiniteQuery({
    queryKey: [path, 'pages'],
    queryFn: ({ pageParam, signal }) => api.get<ProductList>(pagePath(pageParam), { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    // The server may have embedded the first page in the HTML.
    initialData: () => {
      const first = client.getQueryData<ProductList>([path]);
      return first && { pages: [first], pageParams: [null] };
    },
    initialDataUpdatedAt: () => client.getQueryState([path])?.dataUpdatedAt,
    // The previous grid stays visible, dimmed, while a filter is being applied.
    placeholderData: keepPreviousData,
  });
}

export function productPath(handle: string): string {
  return `/api/v1/products/${encodeURIComponent(handle)}`;
}

export function useProduct(handle: string) {
  const path = usePath(productPath(handle));
  return useQuery<Product>({ queryKey: [path], placeholderData: keptInOtherLanguage(path), retryOnMount: isWorthRetry });
}

/** Suggestions in a language, without one in the shop's own. */
export function useSuggestions(text: string, language: Language | null) {
  const q = text.trim().slice(0, 100);
  return useQuery<Items<Suggestion>>({
    queryKey: [apiPath('/api/v1/products/suggest', { q, language })],
    enabled: q.length >= 2,
    placeholderData: keepPreviousData,
  });
}
