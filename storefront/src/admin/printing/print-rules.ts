import type { PackingLine, PackingList, OrderShipment } from '../api/types';

/** A shipment on a page of its own. */
export interface PackingSlip {
  list: PackingList;
  shipment: OrderShipment;
  /** The position among the order's parcels, counted from 1, and their number. */
  parcel: number;
  parcels: number;
  lines: PackingLine[];
}

/** The units of one SKU to take from the shelves. */
export interface PickItem {
  sku: string;
  title: string;
  optionValues: string[];
  quantity: number;
  orders: { number: string; quantity: number }[];
}

/** Returns true if the order's items may leave. An order that is being cancelled, or needs attention, still has its shipments. */
export function mayBePacked({ status }: Pick<PackingList, 'status'>): boolean {
  return status === 'confirmed' || status === 'shipped';
}

/** Returns the items of a shipment. One of an earlier version has none of its own, and contains the whole order. */
function linesOf(shipment: OrderShipment, { lines }: PackingList): PackingLine[] {
  if (!shipment.lines?.length) return lines;
  return shipment.lines.map(({ sku, quantity }) => {
    const line = lines.find((one) => one.sku === sku);
    return line ? { ...line, quantity } : { sku, quantity, title: sku, option_values: [], weight_grams: 0 };
  });
}

/** Returns the slips of these shipments; of all that are not cancelled without `ids`. */
export function packingSlips(lists: readonly PackingList[], ids: ReadonlySet<string> | null): PackingSlip[] {
  return lists.flatMap((list) => {
    const parcels = list.shipments.filter(({ status }) => status !== 'cancelled');
    const slips = parcels.map((shipment, index): PackingSlip => ({ list, shipment, parcel: index + 1, parcels: parcels.length, lines: linesOf(shipment, list) }));
    return ids ? slips.filter(({ shipment }) => ids.has(shipment.id)) : slips;
  });
}

const SKU_ORDER = new Intl.Collator('en', { numeric: true });

/** Sums up what is to be picked for the shipments that are not packed yet, sorted by SKU. */
export function pickList(lists: readonly PackingList[], ids: ReadonlySet<string> | null): PickItem[] {
  const items = new Map<string, PickItem>();
  const slips = packingSlips(lists.filter(mayBePacked), ids).filter(({ shipment }) => shipment.status === 'announced');
  const left = unitsToLeave(lists);
  for (const { list, lines } of slips) {
    for (const { sku, title, option_values: optionValues, quantity: packed } of lines) {
      const key = `${list.order_id} ${sku}`;
      const withdrawn = Math.min(packed, left.get(key) ?? 0);
      left.set(key, (left.get(key) ?? 0) - withdrawn);
      const quantity = packed - withdrawn;
      if (quantity === 0) continue;
      const item = items.get(sku) ?? { sku, title, optionValues, quantity: 0, orders: [] };
      items.set(sku, { ...item, quantity: item.quantity + quantity, orders: withUnits(item.orders, list.order_number, quantity) });
    }
  }
  return [...items.values()].toSorted((a, b) => SKU_ORDER.compare(a.sku, b.sku));
}

/** Returns the units of each order and SKU that the customers have withdrawn from, which stay on the shelf. */
function unitsToLeave(lists: readonly PackingList[]): Map<string, number> {
  const units = new Map<string, number>();
  for (const { order_id, withdrawn } of lists) {
    for (const { sku, quantity } of withdrawn) units.set(`${order_id} ${sku}`, (units.get(`${order_id} ${sku}`) ?? 0) + quantity);
  }
  return units;
}

function withUnits(orders: PickItem['orders'], number: string, quantity: number): PickItem['orders'] {
  const before = orders.find((one) => one.number === number);
  if (!before) return [...orders, { number, quantity }];
  return orders.map((one) => (one === before ? { number, quantity: before.quantity + quantity } : one));
}
