import { describe, expect, it } from 'vitest';
import type { Order } from '../api/types';
import { declaredLines, excludedLines, isExcluded, isWholeOrder, withdrawables, withdrawalRequest } from './withdrawal';

const line = (sku: string, quantity: number) => ({ sku, title: sku.toUpperCase(), option_values: ['red'], quantity }) as Order['lines'][number];
const choices = [{ sku: 'a', title: 'A, red', left: 3 }, { sku: 'b', title: 'B, red', left: 1 }];

function bytesOf(quantities: Record<string, number>): string {
  return JSON.stringify(withdrawalRequest({ isPart: true, quantities }, choices));
}

describe('withdrawables', () => {
  it('are what the right names, with the titles of the order', () => {
    const withdrawal = { lines: [{ sku: 'a', quantity: 2 }, { sku: 'gone', quantity: 1 }], until: null };
    expect(withdrawables({ lines: [line('a', 3), line('b', 1)], withdrawal })).toEqual([
      { sku: 'a', title: 'A, red', left: 2 },
      { sku: 'gone', title: 'gone', left: 1 },
    ]);
  });

  it('are none without the right', () => {
    expect(withdrawables({ lines: [line('a', 3)], withdrawal: null })).toEqual([]);
    expect(withdrawables({ lines: [line('a', 3)] })).toEqual([]);
  });

  it('are the whole order only if nothing is missing', () => {
    expect(isWholeOrder(choices, [line('a', 3), line('b', 1)])).toBe(true);
    expect(isWholeOrder(choices, [line('a', 2), line('a', 1), line('b', 1)])).toBe(true);
    expect(isWholeOrder(choices, [line('a', 3), line('b', 2)])).toBe(false);
  });
});

describe('the exceptions of the law', () => {
  const perishable = { ...line('a', 1), withdrawal_exception: 'perishable' as const };
  const sealed = { ...line('b', 1), withdrawal_exception: 'sealed_hygiene' as const };

  it('exclude items, but sealed ones only once they are unsealed', () => {
    expect(excludedLines([perishable, sealed, line('c', 1)])).toEqual([perishable]);
  });

  it('explain a missing right only if they except the whole order', () => {
    expect(isExcluded({ lines: [perishable], status: 'received' })).toBe(true);
    expect(isExcluded({ lines: [perishable, sealed], status: 'received' })).toBe(false);
    expect(isExcluded({ lines: [perishable], status: 'cancelled' })).toBe(false);
  });
});

describe('a withdrawal', () => {
  it('declares everything, whatever quantities were chosen before', () => {
    expect(withdrawalRequest({ isPart: false, quantities: { a: 1 } }, choices)).toEqual({
      lines: [{ sku: 'a', quantity: 3 }, { sku: 'b', quantity: 1 }],
    });
  });

  it('declares the chosen items only, capped at what is left', () => {
    expect(withdrawalRequest({ isPart: true, quantities: { a: 9, b: 0 } }, choices)).toEqual({ lines: [{ sku: 'a', quantity: 3 }] });
  });

  it('declares nothing without a choice', () => {
    expect(declaredLines({ isPart: true, quantities: {} }, choices)).toEqual([]);
    expect(declaredLines({ isPart: true, quantities: { a: 0 } }, choices)).toEqual([]);
  });

  it('gives equal bytes for equal drafts', () => {
    expect(bytesOf({ b: 1, a: 2 })).toBe(bytesOf({ a: 2, b: 1 }));
  });
});
