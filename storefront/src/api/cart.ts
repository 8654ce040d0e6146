import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { currentMessages } from '../messages/store';
import { api } from './client';
import { apiPath } from './path';
import type { Cart, Destination, Quote } from './types';

const CART = '/api/v1/cart';
const CART_KEY = [CART];

/** The path of a cart operation, whose response has its texts in the language of the page. */
export function cartPath(operation = ''): string {
  return apiPath(`${CART}${operation}`, { language: currentMessages().language });
}

export function useCart() {
  return useQuery<Cart>({
    queryKey: CART_KEY,
    queryFn: ({ signal }) => api.get<Cart>(cartPath(), { signal }),
    // Prices and stock change, so reopening the cart reloads it.
    staleTime: 10_000,
    refetchOnWindowFocus: true,
  });
}

/** Picks the newer cart, since responses of parallel requests may arrive in any order. */
export function newestCart(known: Cart | undefined, response: Cart): Cart {
  if (known && known.id === response.id && known.version > response.version) return known;
  return response;
}

function store(client: QueryClient, response: Cart): void {
  client.setQueryData<Cart>(CART_KEY, (known) => newestCart(known, response));
}

export function reloadCart(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: CART_KEY });
}

function linePath(sku: string): string {
  // A SKU may contain a slash, and must stay one path segment.
  return cartPath(`/lines/${encodeURIComponent(sku)}`);
}

/** Runs the writes one after the other, in the order of the clicks. */
const scope = { id: 'cart' };

function useCartWrite<T>(write: (input: T) => Promise<Cart>) {
  const client = useQueryClient();
  return useMutation({
    scope,
    mutationFn: write,
    onSuccess: (cart) => store(client, cart),
    // A rejected write (out of stock, unknown line) means that the cart on the screen is out of date.
    onError: () => reloadCart(client),
  });
}

export function useAddToCart() {
  return useCartWrite((input: { sku: string; quantity: number }) =>
    api.post<Cart>(cartPath('/lines'), input, { as: 'visitor' }));
}

export function useSetQuantity() {
  return useCartWrite(({ sku, quantity }: { sku: string; quantity: number }) =>
    quantity > 0
      ? api.put<Cart>(linePath(sku), { quantity }, { as: 'visitor' })
      : api.delete<Cart>(linePath(sku), { as: 'visitor' }));
}

export function useApplyPromotion() {
  return useCartWrite((code: string) => api.put<Cart>(cartPath('/promotion'), { code }, { as: 'visitor' }));
}

export function useRemovePromotion() {
  return useCartWrite(() => api.delete<Cart>(cartPath('/promotion'), { as: 'visitor' }));
}

export function useQuoteDelivery() {
  return useMutation({
    scope,
    mutationFn: ({ address, placeId }: { address: Destination; placeId: number | null }) =>
      api.post<Quote>('/api/v1/cart/quotes', placeId === null ? { address } : { address, place_id: placeId }, { as: 'visitor' }),
  });
}

export function useChooseDelivery() {
  return useCartWrite((input: { quote_id: string; option: string }) =>
    api.put<Cart>(cartPath('/shipping'), input, { as: 'visitor' }));
}
