import { ApiError } from '../../../api/problem';
import type { ProductDraft, ProductStatus } from '../../api/types';
import type { VariantPrice } from './price-change';

/** A change that is made to several products. */
export type BulkChange =
  | { kind: 'status'; status: ProductStatus }
  | { kind: 'category'; category: string | null }
  | { kind: 'add-tags' | 'remove-tags'; tags: readonly string[] }
  /** The new prices by the handle of the product, as somebody has seen them in the preview. */
  | { kind: 'prices'; plans: ReadonlyMap<string, readonly VariantPrice[]> };

/** Reads tags as the product editor does. */
export function tagsOf(text: string): string[] {
  return [...new Set(text.split(',').map((tag) => tag.trim()).filter(Boolean))];
}

/** Returns the changed product, or null if it is already as it should be. */
export function changedDraft(handle: string, draft: ProductDraft, change: BulkChange): ProductDraft | null {
  switch (change.kind) {
    case 'status':
      return (draft.status ?? 'active') === change.status ? null : { ...draft, status: change.status };
    case 'category':
      return (draft.category ?? null) === change.category ? null : { ...draft, category: change.category };
    case 'add-tags':
      return withTags(draft, [...new Set([...(draft.tags ?? []), ...change.tags])]);
    case 'remove-tags':
      return withTags(draft, (draft.tags ?? []).filter((tag) => !change.tags.includes(tag)));
    case 'prices':
      return withPrices(draft, change.plans.get(handle) ?? []);
  }
}

function withTags(draft: ProductDraft, tags: string[]): ProductDraft | null {
  return tags.length === (draft.tags ?? []).length ? null : { ...draft, tags };
}

/**
 * Sets the prices of the preview. They are not computed from what is stored now: a repetition after a lost response would
 * reduce them twice.
 */
function withPrices(draft: ProductDraft, plan: readonly VariantPrice[]): ProductDraft | null {
  const bySku = new Map(plan.map((prices) => [prices.sku, prices]));
  const pairs = draft.variants.map((variant) => ({ variant, prices: bySku.get(variant.sku) }));
  const isDone = pairs.every(({ variant, prices }) => variant.price === prices?.to && (variant.compare_at_price ?? null) === prices.formerTo);
  if (isDone) return null;
  const isAsSeen = pairs.length === plan.length
    && pairs.every(({ variant, prices }) => variant.price === prices?.from && (variant.compare_at_price ?? null) === prices.formerFrom);
  if (!isAsSeen) throw new ApiError({ type: 'about:blank', title: PRICES_MOVED, status: 409 });
  return {
    ...draft,
    variants: pairs.map(({ variant, prices }) => ({ ...variant, price: prices?.to ?? variant.price, compare_at_price: prices?.formerTo ?? null })),
  };
}

const PRICES_MOVED = 'Its prices were changed after the preview, so they were left alone. Select it again for a new preview.';
