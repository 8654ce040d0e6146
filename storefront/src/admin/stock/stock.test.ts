import { describe, expect, it } from 'vitest';
import type { StockLevel } from '../api/types';
import { adjustmentRequest, changeOf } from './adjustment';
import { stockStatus } from './stock-status';

const level = (part: Partial<StockLevel>) => stockStatus({ sku: 's', on_hand: 9, reserved: 0, available: 9, shortfall: 0, oversell: 'deny', low: false, ...part }).label;

describe('adjustments', () => {
  it('adds, removes, and corrects to a count', () => {
    expect(changeOf({ mode: 'add', amount: '5' }, 10)).toBe(5);
    expect(changeOf({ mode: 'remove', amount: '5' }, 10)).toBe(-5);
    expect(changeOf({ mode: 'count', amount: '7' }, 10)).toBe(-3);
    expect(changeOf({ mode: 'count', amount: '10' }, 10)).toBeNull();
    expect(changeOf({ mode: 'add', amount: '' }, 10)).toBeNull();
  });

  it('forces only what removes', () => {
    const form = { mode: 'add', amount: '1', kind: 'received', note: ' from the supplier ', force: true } as const;
    expect(adjustmentRequest(form, 1)).toEqual({ change: 1, kind: 'received', note: 'from the supplier' });
    expect(adjustmentRequest({ ...form, mode: 'remove' }, -1)).toMatchObject({ force: true });
  });
});

it('says how a stock level is', () => {
  expect(level({})).toBe('In stock');
  expect(level({ low: true, available: 2 })).toBe('Low');
  expect(level({ available: 0, low: true })).toBe('Sold out');
  expect(level({ available: 0, oversell: 'continue' })).toBe('On backorder');
  expect(level({ available: -2, shortfall: 2, oversell: 'continue' })).toBe('2 short');
  expect(level({ oversell: 'untracked' })).toBe('Not counted');
});
