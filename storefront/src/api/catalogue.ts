import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
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

const CATEGORIES_KEY = ['/api/v1/categories'];

export function useCategories() {
  return useQuery<Items<Category>>({ queryKey: CATEGORIES_KEY, staleTime: 5 * 60_000 });
}

/** The categories to offer: those that have products. */
export function useFilledCategories() {
  return useQuery<Items<Category>, Error, Category[]>({ queryKey: CATEGORIES_KEY, staleTime: 5 * 60_000, select: filled });
}

function filled({ items }: Items<Category>): Category[] {
  return items.filter((category) => category.product_count > 0);
}

/** A product list of a fixed length, for the sections of the home page. */
export function useShelf(query: ProductQuery, enabled = true) {
  return useQuery<ProductList>({ queryKey: [apiPath('/api/v1/products', query)], enabled });
}

export function useProducts(query: ProductQuery) {
  const client = useQueryClient();
  const path = apiPath('/api/v1/products', { ...query, limit: PAGE_SIZE });
  return useInfiniteQuery({
    queryKey: [path, 'pages'],
    queryFn: ({ pageParam, signal }) =>
      api.get<ProductList>(pageParam ? apiPath('/api/v1/products', { ...query, limit: PAGE_SIZE, cursor: pageParam }) : path, { signal }),
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
  return useQuery<Product>({ queryKey: [productPath(handle)], retryOnMount: isWorthRetry });
}

export function useSuggestions(text: string) {
  const q = text.trim().slice(0, 100);
  return useQuery<Items<Suggestion>>({
    queryKey: [apiPath('/api/v1/products/suggest', { q })],
    enabled: q.length >= 2,
    placeholderData: keepPreviousData,
  });
}
