import type { PayoutDay } from '../api/types';

export interface DaySales {
  /** The day in UTC, as in "2026-05-03". */
  day: string;
  captured: number;
  refunded: number;
}

/** Returns the last `count` days, the oldest first, in UTC as the API has them. */
export function lastDays(now: Date, count: number): string[] {
  const day = 24 * 60 * 60 * 1000;
  return Array.from({ length: count }, (_, index) => new Date(now.getTime() - (count - 1 - index) * day).toISOString().slice(0, 10));
}

/** Adds up the gateways of each day in one currency. Days without payments are zero. */
export function salesByDay(days: readonly string[], entries: readonly PayoutDay[], currency: string): DaySales[] {
  const byDay = new Map(days.map((day) => [day, { day, captured: 0, refunded: 0 }]));
  for (const { day, captured, refunded } of entries) {
    const known = byDay.get(day);
    if (!known || captured.currency !== currency) continue;
    known.captured += captured.amount;
    known.refunded += refunded.amount;
  }
  return [...byDay.values()];
}

/** Returns a round number of minor units at or above `largest`, for the top of a chart. */
export function chartTop(largest: number): number {
  if (largest <= 0) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(largest));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * magnitude >= largest) ?? 10;
  return Math.ceil(step * magnitude);
}
