import { expect, it } from 'vitest';
import { previewOf, previewText } from './price-preview';
import type { LoadedDraft } from './use-drafts';

const product = (handle: string, ...prices: number[]): LoadedDraft => ({
  handle, title: handle.toUpperCase(), reason: '', draft: { title: handle, variants: prices.map((price, index) => ({ sku: `${handle}-${index}`, price })) },
});

const less = (value: number) => ({ direction: 'reduce', by: 'amount', value, showFormer: false }) as const;

it('previews every variant, and changes the products that can be', () => {
  const drafts = [product('a', 100, 200), product('b', 5), product('c', 0), { ...product('d'), draft: null }];
  const preview = previewOf(drafts, less(10));
  expect(preview.rows.map(({ handle, from, to }) => [handle, from, to])).toEqual([['a', 100, 90], ['a', 200, 190], ['b', 5, null], ['c', 0, null]]);
  expect([...preview.plans.keys()]).toEqual(['a']);
  expect(previewText(preview)).toBe('2 prices of 1 product change. Left out, because a price would fall below zero: B, C. Deleted in the meantime: D.');
});

it('has no plan before a change is entered, nor where rounding keeps the price', () => {
  expect(previewText(previewOf([product('a', 100)], null))).toBe('No price changes.');
  const preview = previewOf([product('a', 1), product('b', 100)], { direction: 'reduce', by: 'percent', value: 10_000, showFormer: true });
  expect([...preview.plans.keys()]).toEqual(['b']);
  expect(previewText(preview)).toBe('1 price of 1 product changes.');
});
