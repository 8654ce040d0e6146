import type { OrderStatus, TimelineEntry } from '../api/types';

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
  attention: { title: 'Being looked at', text: 'Something needs a person of our team. You need not do anything.' },
};

const COURSE: OrderStatus[] = ['received', 'confirmed', 'shipped', 'delivered'];

/** How far along the usual course, or null when the order has left it. */
export function progressOf(status: OrderStatus): { done: number; course: OrderStatus[] } | null {
  const done = COURSE.indexOf(status);
  return done < 0 ? null : { done, course: COURSE };
}
