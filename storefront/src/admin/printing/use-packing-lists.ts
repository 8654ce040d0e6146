import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/client';
import { apiPath } from '../../api/path';
import type { Page } from '../../api/types';
import type { PackingList, StaffShipment } from '../api/types';

/** The number of packing lists that are loaded at the same time. */
const CONCURRENCY = 4;

/** Loads the packing lists of orders, in their order; without `orders`, of all orders with a shipment to pack. */
export function usePackingLists(orders: readonly string[] | null) {
  return useQuery<PackingList[]>({
    queryKey: ['/api/v1/orders', 'packing-lists', orders],
    queryFn: async ({ signal }) => loadLists(orders ?? (await ordersToPack(signal)), signal),
    // What is on the screen is what was printed: the return from the print dialog must not change it.
    staleTime: Infinity,
    gcTime: 0,
  });
}

async function ordersToPack(signal: AbortSignal): Promise<string[]> {
  const orders = new Set<string>();
  let cursor: string | null | undefined = null;
  do {
    const path = apiPath('/api/v1/shipments', { status: 'announced', limit: 100, cursor });
    const page: Page<StaffShipment> = await api.get(path, { signal, as: 'account' });
    for (const { order_id } of page.items) orders.add(order_id);
    cursor = page.next_cursor;
  } while (cursor);
  return [...orders];
}

async function loadLists(orders: readonly string[], signal: AbortSignal): Promise<PackingList[]> {
  const lists: PackingList[] = [];
  let next = 0;
  const load = async () => {
    for (let index = next++; index < orders.length; index = next++) {
      lists[index] = await api.get<PackingList>(`/api/v1/orders/${encodeURIComponent(orders[index] ?? '')}/packing-list`, { signal, as: 'account' });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, load));
  return lists;
}
