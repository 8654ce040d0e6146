import type { Money, OrderStatus, TimelineEntry } from '../api/types';
import type { PurchaseMessages } from '../messages/catalogue';
import type { TimelineDetails } from '../messages/en/orders';

/** Merges both lists, each entry once: a stream that reconnects replays the past. */
export function mergeTimeline(known: readonly TimelineEntry[], more: readonly TimelineEntry[]): TimelineEntry[] {
  const byNumber = new Map<number, TimelineEntry>();
  for (const entry of [...known, ...more]) byNumber.set(entry.number, entry);
  return [...byNumber.values()].toSorted((a, b) => a.number - b.number);
}

/** Returns true for a status that is not followed by another one automatically. */
export function isFinal(status: OrderStatus): boolean {
  return status === 'delivered' || status === 'cancelled';
}

/** Returns the milliseconds to wait before reconnecting: doubling up to a minute, to spare a server that is restarting. */
export function retryAfter(failures: number): number {
  return Math.min(2_000 * 2 ** failures, 60_000);
}

interface Formats {
  money: (amount: Money) => string;
  /** The title of an item, or undefined for a SKU that the order does not contain. */
  itemTitle: (sku: string) => string | undefined;
}

interface TimelineMessage {
  title: string | null;
  text: string;
}

const FOR_STAFF = ['payment_issue', 'payment_issue_resolved', 'capture_requested', 'note'] as const satisfies TimelineEntry['kind'][];

function isForStaff(kind: TimelineEntry['kind']): kind is (typeof FOR_STAFF)[number] {
  return (FOR_STAFF as readonly string[]).includes(kind);
}

/** Renders an entry from its kind and data. Null for entries that only staff see. */
export function timelineMessage(entry: TimelineEntry, formats: Formats, { orders }: PurchaseMessages): TimelineMessage | null {
  const { kind } = entry;
  if (isForStaff(kind)) return null;
  // A newer server may send kinds that this page does not know yet: its own text is the fallback.
  if (!Object.hasOwn(orders.timeline, kind)) return { title: null, text: entry.text ?? '' };
  const { title, text } = orders.timeline[kind];
  return { title, text: text(detailsOf(entry, formats)) };
}

function detailsOf({ data }: TimelineEntry, { money, itemTitle }: Formats): TimelineDetails {
  const items = (data?.skus ?? []).map((sku) => itemTitle(sku) ?? sku);
  return {
    amount: data?.amount ? money(data.amount) : undefined,
    reason: data?.reason ?? undefined,
    trackingNumber: data?.tracking_number ?? undefined,
    items: items.length > 0 ? items.join(', ') : undefined,
    subject: data?.subject ?? undefined,
  };
}

const STEPS: OrderStatus[] = ['received', 'confirmed', 'shipped', 'delivered'];

/** Returns the steps of an order and the index of the last one reached, or null for an order that is cancelled or under review. */
export function progressOf(status: OrderStatus): { done: number; steps: OrderStatus[] } | null {
  const done = STEPS.indexOf(status);
  return done < 0 ? null : { done, steps: STEPS };
}
