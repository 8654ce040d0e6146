import { expect, it } from 'vitest';
import type { Order } from '../../api/types';
import { paidFor, refundable } from './refunds';

const usd = (amount: number) => ({ amount, currency: 'USD' });
const line = (sku: string, quantity: number, total: number) => ({ sku, quantity, total: usd(total) }) as Order['lines'][number];

it('refunds at most what was captured and not yet given back', () => {
  expect(refundable({ captured: usd(1000), refunded: usd(250), charged_back: usd(0) })).toEqual(usd(750));
  expect(refundable({ captured: usd(1000), refunded: usd(250), charged_back: usd(1000) })).toEqual(usd(0));
});

it('adds up what was paid for units', () => {
  const lines = [line('mug', 3, 1000), line('pot', 1, 4500)];
  expect(paidFor(lines, {})).toBe(0);
  expect(paidFor(lines, { mug: 1 })).toBe(333);
  expect(paidFor(lines, { mug: 3, pot: 1 })).toBe(5500);
  expect(paidFor(lines, { mug: 99 })).toBe(1000);
});
