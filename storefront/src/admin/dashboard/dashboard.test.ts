import { describe, expect, it } from 'vitest';
import type { PayoutDay } from '../api/types';
import { chartTop, lastDays, salesByDay } from './sales';
import { countOf, WAITING } from './waiting';

const money = (amount: number, currency = 'EUR') => ({ amount, currency });
const entry = (day: string, captured: number, refunded = 0, currency = 'EUR') =>
  ({ day, gateway: 'g', captured: money(captured, currency), refunded: money(refunded, currency) }) as PayoutDay;

const list = (length: number, next_cursor: string | null = null) => ({ items: Array(length).fill(0), next_cursor });

describe('sales', () => {
  it('lists the last days up to today', () => {
    expect(lastDays(new Date('2026-03-01T12:00:00Z'), 3)).toEqual(['2026-02-27', '2026-02-28', '2026-03-01']);
  });

  it('adds up gateways, and leaves other currencies and days out', () => {
    const entries = [entry('2026-03-01', 100, 10), entry('2026-03-01', 50), entry('2026-03-01', 7, 0, 'USD'), entry('2026-01-01', 5)];
    expect(salesByDay(['2026-02-28', '2026-03-01'], entries, 'EUR')).toEqual([
      { day: '2026-02-28', captured: 0, refunded: 0 },
      { day: '2026-03-01', captured: 150, refunded: 10 },
    ]);
  });

  it('ends the chart at a round number', () => {
    expect([chartTop(0), chartTop(7), chartTop(120), chartTop(2400), chartTop(2600), chartTop(1000)]).toEqual([1, 10, 200, 2500, 5000, 1000]);
  });
});

describe('counts of what waits', () => {
  it('counts a list, and says when there are more', () => {
    expect(countOf(list(2), false)).toEqual({ count: 2, more: false });
    expect(countOf({ items: [] }, false)).toEqual({ count: 0, more: false });
    expect(countOf(list(100, 'x'), true)).toEqual({ count: 100, more: true });
  });

  it('has a link of its own for every list', () => {
    expect(new Set(WAITING.map(({ to }) => to)).size).toBe(WAITING.length);
    expect(WAITING.map(({ to }) => to)).toContain('/system?queue=broker#dead-letters');
  });

  it('does not count what is not known', () => {
    expect(countOf(undefined, false)).toEqual({ count: null, more: false });
    expect(countOf(undefined, true)).toEqual({ count: undefined, more: false });
  });
});
