import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { api } from './client';
import { apiPath } from './path';
import type { CancellationRequest, Order, OrderLinkRequest, OrderReturn, OrderSummary, Page, ReturnRequest, WithdrawalRequest } from './types';

interface OrderCommand {
  key: string;
  target: string;
  body: CancellationRequest | ReturnRequest | WithdrawalRequest;
}

export function useOrders() {
  return useInfiniteQuery({
    queryKey: ['/api/v1/orders', 'pages'],
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<OrderSummary>>(apiPath('/api/v1/orders', { cursor: pageParam }), { signal, as: 'account' }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    staleTime: 10_000,
  });
}

export function invoicePath(id: string, token: string | null = null): string {
  return apiPath(`/api/v1/orders/${encodeURIComponent(id)}/invoice`, { token });
}

export function orderPath(id: string, token: string | null): string {
  return apiPath(`/api/v1/orders/${encodeURIComponent(id)}`, { token });
}

export function timelinePath(id: string, token: string | null): string {
  return apiPath(`/api/v1/orders/${encodeURIComponent(id)}/timeline`, { token });
}

export function useOrder(id: string, token: string | null) {
  return useQuery<Order>({
    queryKey: [orderPath(id, token)],
    staleTime: 5_000,
    // The event stream of a delivered order has ended, but its returns still change.
    refetchInterval: ({ state }) => (state.data?.returns.some(isOpen) ? 30_000 : false),
  });
}

function isOpen({ status }: OrderReturn): boolean {
  return status !== 'refunded' && status !== 'rejected';
}

/** Sends a customer's command. The idempotency key makes repetitions the same request. */
export function postOrderCommand(id: string, token: string | null, { target, body, key }: OrderCommand): Promise<Order> {
  const path = apiPath(`/api/v1/orders/${encodeURIComponent(id)}/${target}`, { token });
  return api.post<Order>(path, body, { idempotencyKey: key, ...(token ? {} : { as: 'account' as const }) });
}

/** Has the link of an order sent to its customer. The answer does not tell whether there is such an order. */
export function useOrderLink() {
  return useMutation({ mutationFn: (request: OrderLinkRequest) => api.post<void>('/api/v1/orders/links', request) });
}
