import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiError, NoResponseError } from '../../../api/problem';
import { openLanguage } from '../../../messages/store';
import type { ProductDraft } from '../../api/types';
import type { BulkChange } from './bulk-change';
import { remaining, resultText, runBulk, type BulkIo, type Outcome } from './bulk-run';
import { planPrices } from './price-change';

beforeAll(async () => {
  await openLanguage('en');
});

const ITEMS = ['a', 'b', 'c'].map((handle) => ({ handle, title: handle.toUpperCase() }));
const ARCHIVE: BulkChange = { kind: 'status', status: 'archived' };

/** A shop of three products. Each call may be made to fail. */
let products: Map<string, ProductDraft>;
let waits: number[];
let outcomes: Map<string, Outcome>;

beforeEach(() => {
  products = new Map(ITEMS.map(({ handle }) => [handle, { title: handle, status: 'active', variants: [{ sku: handle, price: 1000 }], version: 1 }]));
  waits = [];
  outcomes = new Map();
});

const problem = (status: number, slug = 'x') => new ApiError({ type: `urn:shopstack:problem:${slug}`, title: 'No.', status });

function shop(fault: (call: 'load' | 'save' | 'saved', handle: string) => void = () => {}): BulkIo {
  return {
    load: async (handle) => {
      fault('load', handle);
      const draft = products.get(handle);
      if (!draft) throw problem(404);
      return draft;
    },
    save: async (handle, draft) => {
      fault('save', handle);
      if (draft.version !== products.get(handle)?.version) throw problem(409, 'stale-version');
      products.set(handle, { ...draft, version: (draft.version ?? 0) + 1 });
      fault('saved', handle);
    },
    wait: async (ms) => void waits.push(ms),
  };
}

const run = (change: BulkChange, io: BulkIo, items = ITEMS, isStopped = () => false) =>
  runBulk(items, change, io, { isStopped, onOutcome: (handle, outcome) => outcomes.set(handle, outcome) });

describe('a run', () => {
  it('changes every product that is not yet so', async () => {
    products.set('b', { title: 'b', status: 'archived', variants: [], version: 7 });
    await run(ARCHIVE, shop());
    expect([...products.values()].map(({ status, version }) => [status, version])).toEqual([['archived', 2], ['archived', 7], ['archived', 2]]);
    expect(resultText(ITEMS, outcomes)).toBe('2 products changed, 1 needed no change.');
  });

  it('goes on after a failure, and can try it again', async () => {
    await run(ARCHIVE, shop((call, handle) => {
      // Somebody else saves the product between reading and writing.
      if (call === 'save' && handle === 'b') products.set('b', { title: 'theirs', variants: [], version: 2 });
    }));
    expect(products.get('b')?.title).toBe('theirs');
    expect(outcomes.get('b')).toMatchObject({ state: 'failed', reason: expect.stringMatching(/their version was kept/) });
    expect(resultText(ITEMS, outcomes)).toBe('2 products changed, 1 failed.');
    await run(ARCHIVE, shop(), remaining(ITEMS, outcomes));
    expect(products.get('b')).toMatchObject({ title: 'theirs', status: 'archived' });
    expect(resultText(ITEMS, outcomes)).toBe('3 products changed.');
  });

  it('stops between two products', async () => {
    await run(ARCHIVE, shop(), ITEMS, () => outcomes.size === 1);
    expect(resultText(ITEMS, outcomes)).toBe('1 product changed, 2 not tried.');
    expect(remaining(ITEMS, outcomes).map(({ handle }) => handle)).toEqual(['b', 'c']);
  });

  it('ends when the shop cannot be reached, instead of failing for each product', async () => {
    await run(ARCHIVE, shop((call) => {
      if (call === 'load') throw new NoResponseError('x');
    }));
    expect(resultText(ITEMS, outcomes)).toBe('0 products changed, 1 failed, 2 not tried.');
  });

  it('waits when it was too fast', async () => {
    let refusals = 2;
    await run(ARCHIVE, shop((call, handle) => {
      if (call === 'save' && handle === 'a' && refusals-- > 0) throw problem(429);
    }));
    expect(waits).toEqual([1000, 2000]);
    expect(resultText(ITEMS, outcomes)).toBe('3 products changed.');
  });

  it('does not reduce a price twice when the response was lost', async () => {
    const plans = new Map(ITEMS.map(({ handle }) => [handle, planPrices(products.get(handle) ?? { variants: [] }, { direction: 'reduce', by: 'percent', value: 100_000, showFormer: false })]));
    await run({ kind: 'prices', plans }, shop((call, handle) => {
      if (call === 'saved' && handle === 'a') throw new NoResponseError('x');
    }));
    expect(outcomes.get('a')?.state).toBe('failed');
    await run({ kind: 'prices', plans }, shop(), remaining(ITEMS, outcomes));
    expect([...products.values()].map(({ variants }) => variants[0]?.price)).toEqual([900, 900, 900]);
    expect(resultText(ITEMS, outcomes)).toBe('2 products changed, 1 needed no change.');
  });
});
