import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/client';
import { apiPath } from '../../api/path';
import type { Page } from '../../api/types';
import type { PaymentDetails, StaffOrder, StaffShipment } from './types';

/** Finds orders by the beginning of the number, the email address or a name. */
export function useOrderSearch(text: string, enabled: boolean) {
  return useQuery<Page<StaffOrder>>({
    queryKey: [apiPath('/api/v1/orders', { all: true, q: text, limit: 5 })],
    enabled: enabled && text.length >= 2,
  });
}

const MAX_PAGES = 20;

/** Finds the payment of an order. A page may be empty without being the last one. */
async function paymentOfOrder(number: string, signal: AbortSignal): Promise<PaymentDetails | null> {
  let cursor: string | null | undefined = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const path = apiPath('/api/v1/payments', { order_number: number, limit: 100, cursor });
    const { items, next_cursor }: Page<PaymentDetails> = await api.get(path, { signal, as: 'account' });
    if (items[0]) return items[0];
    if (!next_cursor) return null;
    cursor = next_cursor;
  }
  return null;
}

export function useOrderPayment(number: string | undefined) {
  return useQuery<PaymentDetails | null>({
    queryKey: [apiPath('/api/v1/payments', { order_number: number }), 'of-order'],
    enabled: number !== undefined,
    queryFn: ({ signal }) => paymentOfOrder(number ?? '', signal),
  });
}

export function useOrderShipments(orderId: string) {
  return useQuery<Page<StaffShipment>>({ queryKey: [apiPath('/api/v1/shipments', { order: orderId, limit: 100 })] });
}

/** The API paths that change when something happens to an order. */
export const ORDER_PATHS = ['/api/v1/orders', '/api/v1/shipments', '/api/v1/payments', '/api/v1/workflows', '/api/v1/stock'];
