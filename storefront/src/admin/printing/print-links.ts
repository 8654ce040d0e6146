import type { StaffShipment } from '../api/types';

type Chosen = Pick<StaffShipment, 'id' | 'order_id'>;

/** The page that prints packing slips: of the given shipments, or of all parcels of one order. */
export function packingSlipsPath(chosen: readonly Chosen[] | { order: string }): string {
  return 'order' in chosen ? `/shipments/packing-slips?orders=${encodeURIComponent(chosen.order)}` : `/shipments/packing-slips?${queryOf(chosen)}`;
}

/** The page that prints a pick list: of the given shipments, or of all that are to be packed. */
export function pickListPath(chosen: readonly Chosen[]): string {
  return chosen.length === 0 ? '/shipments/pick-list' : `/shipments/pick-list?${queryOf(chosen)}`;
}

/** The packing lists are read by their order, so the query has both ids. */
function queryOf(chosen: readonly Chosen[]): string {
  const orders = new Set(chosen.map(({ order_id }) => order_id));
  return `orders=${[...orders].join(',')}&ids=${chosen.map(({ id }) => id).join(',')}`;
}

export interface PrintQuery {
  orders: string[] | null;
  ids: ReadonlySet<string> | null;
}

export function readPrintQuery(params: URLSearchParams): PrintQuery {
  const list = (name: string) => params.get(name)?.split(',').filter(Boolean) ?? null;
  const ids = list('ids');
  return { orders: list('orders'), ids: ids && new Set(ids) };
}
