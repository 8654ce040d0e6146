import { describe, expect, it } from 'vitest';
import type { Order, OrderReturn } from '../api/types';
import common from '../messages/en';
import purchase from '../messages/en/purchase';
import { checkReturn, contentsOf, refundedAmount, returnables, returnRequest } from './returns';

const t = { ...common, ...purchase };

const line = (sku: string, quantity: number) => ({ sku, title: sku.toUpperCase(), option_values: ['red'], quantity }) as Order['lines'][number];
const usd = (amount: number) => ({ amount, currency: 'USD' });
const one = (status: OrderReturn['status'], parts: Partial<OrderReturn> = {}): OrderReturn => ({
  id: 1, status, lines: [{ sku: 'a', quantity: 2 }], accepted: [], reason: 'torn', refund: usd(0), requested_at: '2030-01-01T00:00:00Z', ...parts,
});
const left = (returns: OrderReturn[]) => returnables({ lines: [line('a', 3), line('b', 1)], returns }).map((each) => `${each.sku}${each.left}`);

describe('returnables', () => {
  it('is what was bought, less the returns in progress', () => {
    expect(left([])).toEqual(['a3', 'b1']);
    expect(left([one('requested')])).toEqual(['a1', 'b1']);
  });

  it('counts the accepted units of a return, and none of a rejected one', () => {
    expect(left([one('refunded', { accepted: [{ sku: 'a', quantity: 1 }] })])).toEqual(['a2', 'b1']);
    expect(left([one('rejected')])).toEqual(['a3', 'b1']);
  });

  it('leaves out items that are fully returned, and adds up lines of one SKU', () => {
    expect(left([one('requested', { lines: [{ sku: 'b', quantity: 1 }] })])).toEqual(['a3']);
    expect(returnables({ lines: [line('a', 1), line('a', 2)], returns: [] })[0]?.left).toBe(3);
  });
});

describe('a return request', () => {
  const choices = [{ sku: 'a', title: 'A', left: 3 }, { sku: 'b', title: 'B', left: 1 }];

  it('needs an item and a reason', () => {
    expect(checkReturn({ quantities: { a: 0 }, reason: ' ' }, t).map((error) => error.field)).toEqual(['return-lines', 'return-reason']);
    expect(checkReturn({ quantities: { a: 1 }, reason: 'torn' }, t)).toEqual([]);
  });

  it('contains the chosen items only, capped at what can be returned', () => {
    expect(returnRequest({ quantities: { a: 9, b: 0 }, reason: ' torn ' }, choices)).toEqual({ lines: [{ sku: 'a', quantity: 3 }], reason: 'torn' });
  });
});

it('names the items of a return as they were sold', () => {
  const order = { lines: [line('a', 3)], returns: [] };
  expect(contentsOf([{ sku: 'a', quantity: 2 }, { sku: 'gone', quantity: 1 }], order)).toEqual(['2 × A, red', '1 × gone']);
});

it('reports a refund only once it has been made', () => {
  expect(refundedAmount(one('refunded', { refund: usd(500) }))).toEqual(usd(500));
  expect(refundedAmount(one('received', { refund: usd(500) }))).toBeNull();
  expect(refundedAmount(one('refunded'))).toBeNull();
});
