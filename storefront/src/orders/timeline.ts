import type { OrderStatus, TimelineEntry, TimelineKind } from '../api/types';

/** Both histories as one, each entry once: a stream that reconnects tells the past again. */
export function mergeTimeline(known: readonly TimelineEntry[], more: readonly TimelineEntry[]): TimelineEntry[] {
  const byNumber = new Map<number, TimelineEntry>();
  for (const entry of [...known, ...more]) byNumber.set(entry.number, entry);
  return [...byNumber.values()].toSorted((a, b) => a.number - b.number);
}

/** Nothing comes after it by itself. A delivered order may still be returned, but not while one watches. */
export function isFinal(status: OrderStatus): boolean {
  return status === 'delivered' || status === 'cancelled';
}

/** Seconds at first, then a minute: a server that is restarting must not be run over. */
export function retryAfter(failures: number): number {
  return Math.min(2_000 * 2 ** failures, 60_000);
}

export const STATUS_WORDS: Record<OrderStatus, { title: string; text: string }> = {
  received: { title: 'Received', text: 'We have your order and are preparing it.' },
  confirmed: { title: 'Confirmed', text: 'Everything is in stock and paid. The parcel is being packed.' },
  shipped: { title: 'On its way', text: 'Your parcel is with the carrier.' },
  delivered: { title: 'Delivered', text: 'Your parcel has arrived. Enjoy it.' },
  cancelling: { title: 'Being cancelled', text: 'We are stopping the parcel and giving your money back.' },
  cancelled: { title: 'Cancelled', text: 'The order is cancelled. Whatever was charged is given back.' },
  attention: { title: 'We are looking into your order', text: 'Something needs a person of our team. You need not do anything.' },
};

/** The order's status as a sentence. */
export function headingOf(status: OrderStatus): string {
  return status === 'attention' ? `${STATUS_WORDS.attention.title}.` : `Your order is ${STATUS_WORDS[status].title.toLowerCase()}.`;
}

/** What happened in a word or two; the server tells the rest. */
const KIND_TITLES: Record<TimelineKind, string> = {
  placed: 'Order placed',
  stock_committed: 'Goods set aside',
  awaiting_stock: 'Waiting for goods',
  captured: 'Paid',
  shipment_created: 'Parcel announced',
  confirmed: 'Confirmed',
  shipped: 'On its way',
  out_for_delivery: 'Out for delivery',
  delivered: 'Delivered',
  cancellation_requested: 'Being cancelled',
  cancelled: 'Cancelled',
  refunded: 'Money given back',
  refund_failed: 'Refund did not work',
  parked: 'Being looked at',
  resumed: 'Goes on',
  return_requested: 'Return asked for',
  return_received: 'Return received',
  return_rejected: 'Return not taken back',
  concern: 'Books have changed',
  concern_resolved: 'Looked after',
};

/** Null for what a newer server may tell besides. */
export function kindTitle(kind: TimelineKind): string | null {
  return KIND_TITLES[kind] ?? null;
}

const COURSE: OrderStatus[] = ['received', 'confirmed', 'shipped', 'delivered'];

/** How far along the usual course, or null when the order has left it. */
export function progressOf(status: OrderStatus): { done: number; course: OrderStatus[] } | null {
  const done = COURSE.indexOf(status);
  return done < 0 ? null : { done, course: COURSE };
}
