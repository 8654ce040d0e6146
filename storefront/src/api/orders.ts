import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from './client';
import { apiPath } from './path';
import type { Order, OrderSummary, Page } from './types';

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

export function orderPath(id: string, token: string | null): string {
  return apiPath(`/api/v1/orders/${encodeURIComponent(id)}`, { token });
}

export function timelinePath(id: string, token: string | null): string {
  return apiPath(`/api/v1/orders/${encodeURIComponent(id)}/timeline`, { token });
}

export function useOrder(id: string, token: string | null) {
  return useQuery<Order>({ queryKey: [orderPath(id, token)], staleTime: 5_000 });
}

export function useCancelOrder(id: string, token: string | null) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (reason: string) =>
      api.post<Order>(apiPath(`/api/v1/orders/${encodeURIComponent(id)}/cancel`, { token }), reason ? { reason } : {}, token ? {} : {
        as: 'account',
      }),
    onSuccess: (order) => client.setQueryData([orderPath(id, token)], order),
    onError: () => client.invalidateQueries({ queryKey: [orderPath(id, token)] }),
  });
}
