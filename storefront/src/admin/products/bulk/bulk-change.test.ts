import { describe, expect, it } from 'vitest';
import type { ProductDraft } from '../../api/types';
import { changedDraft, tagsOf, type BulkChange } from './bulk-change';
import { planPrices } from './price-change';

const DRAFT: ProductDraft = {
  title: 'Kettle', status: 'draft', category: 'kitchen', tags: ['tea', 'coffee'], metafields: { 'a (b)': 'c' }, version: 3,
  variants: [
    { sku: 'K-S', option_values: ['Steel'], price: 8900, compare_at_price: null, cost: 4000 },
    { sku: 'K-B', option_values: ['Black'], price: 9550, compare_at_price: 9900 },
  ],
};

const change = (what: BulkChange, draft = DRAFT) => changedDraft('kettle', draft, what);

describe('a change of one product', () => {
  it('keeps everything else, the version above all', () => {
    expect(change({ kind: 'status', status: 'active' })).toEqual({ ...DRAFT, status: 'active' });
    expect(change({ kind: 'category', category: null })).toEqual({ ...DRAFT, category: null });
    expect(change({ kind: 'add-tags', tags: ['new', 'tea'] })).toEqual({ ...DRAFT, tags: ['tea', 'coffee', 'new'] });
    expect(change({ kind: 'remove-tags', tags: ['tea', 'x'] })).toEqual({ ...DRAFT, tags: ['coffee'] });
  });

  it('is none for a product that is already so', () => {
    expect(change({ kind: 'status', status: 'draft' })).toBeNull();
    expect(change({ kind: 'status', status: 'active' }, { title: 'X', variants: [] })).toBeNull();
    expect(change({ kind: 'category', category: 'kitchen' })).toBeNull();
    expect(change({ kind: 'add-tags', tags: ['tea'] })).toBeNull();
    expect(change({ kind: 'remove-tags', tags: ['x'] })).toBeNull();
  });
});

describe('a change of prices', () => {
  const plan = planPrices(DRAFT, { direction: 'reduce', by: 'percent', value: 100_000, showFormer: true });
  const prices: BulkChange = { kind: 'prices', plans: new Map([['kettle', plan]]) };

  it('sets what the preview showed', () => {
    expect(change(prices)).toEqual({
      ...DRAFT,
      variants: [{ ...DRAFT.variants[0], price: 8010, compare_at_price: 8900 }, { ...DRAFT.variants[1], price: 8595, compare_at_price: 9550 }],
    });
  });

  it('is not made twice', () => {
    const once = change(prices);
    expect(once && change(prices, once)).toBeNull();
  });

  it('leaves prices alone that are not those of the preview', () => {
    const moved = { ...DRAFT, variants: DRAFT.variants.map((variant) => ({ ...variant, price: variant.price + 1 })) };
    expect(() => change(prices, moved)).toThrow(/changed after the preview/);
    const [first] = DRAFT.variants;
    expect(() => change(prices, { ...DRAFT, variants: first ? [first] : [] })).toThrow(/changed after the preview/);
    expect(() => change(prices, { ...DRAFT, variants: [...DRAFT.variants, { sku: 'K-C', price: 1 }] })).toThrow(/changed after the preview/);
  });
});

it('reads tags like the editor', () => {
  expect(tagsOf(' new, sale ,,new')).toEqual(['new', 'sale']);
  expect(tagsOf(' , ')).toEqual([]);
});
