import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/client';
import { apiPath } from '../../api/path';
import type { Items, Page } from '../../api/types';
import type { PackingList, StaffShipment } from '../api/types';

/** The largest number of packing lists of one request. */
const BATCH_SIZE = 50;

/** Loads the packing lists of orders; without `orders`, of all orders with a shipment to pack. */
export function usePackingLists(orders: readonly string[] | null) {
  return useQuery<PackingList[]>({
    queryKey: ['/api/v1/packing-lists', orders],
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
  for (let start = 0; start < orders.length; start += BATCH_SIZE) {
    const path = apiPath('/api/v1/packing-lists', { orders: orders.slice(start, start + BATCH_SIZE).join(',') });
    const { items } = await api.get<Items<PackingList>>(path, { signal, as: 'account' });
    lists.push(...items);
  }
  return lists;
}
