import { useQuery } from '@tanstack/react-query';
import { isWorthRetry } from './query-client';
import type { ContentPage, LegalPage, PageSummary, Storefront } from './types';

export const STOREFRONT_KEY = ['/api/v1/storefront'];

/** The texts, menus and pages that the merchant gives to the shop. While it is closed, every page looks whether it has opened. */
export function useStorefront() {
  return useQuery<Storefront>({ queryKey: STOREFRONT_KEY, staleTime: ({ state }) => (state.data?.missing_pages.length ? 0 : 5 * 60_000) });
}

export function contentPagePath(handle: string): string {
  return `/api/v1/pages/${encodeURIComponent(handle)}`;
}

export function useContentPage(handle: string) {
  return useQuery<ContentPage>({ queryKey: [contentPagePath(handle)], retryOnMount: isWorthRetry });
}

/** Returns the shop's path of a page. */
export function pathOfPage(handle: string): string {
  return `/pages/${encodeURIComponent(handle)}`;
}

/** Returns the page that the law asks for, if the merchant has written it. */
export function useLegalPage(legal: LegalPage): PageSummary | undefined {
  const { data } = useStorefront();
  return data?.pages.find((page) => page.legal === legal);
}

/** Returns whether legal pages are missing without which the shop takes no orders. While that is unknown, the server decides. */
export function useShopClosed(): boolean {
  const { data } = useStorefront();
  return data !== undefined && data.missing_pages.length > 0;
}
