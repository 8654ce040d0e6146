import { counted } from '../../components/formats';
import { isPossible, planPrices, priceChanges, type PriceChange, type VariantPrice } from './price-change';
import type { LoadedDraft } from './use-drafts';

/** A line of the preview: a variant of a product. Without a change, there is no new price yet. */
export interface PreviewRow extends VariantPrice {
  handle: string;
  title: string;
}

export interface PricePreview {
  rows: PreviewRow[];
  /** The plans of the products that can be changed and have a price that does. */
  plans: Map<string, VariantPrice[]>;
  prices: number;
  /** The titles of products that are left out, because a price would fall below zero. */
  belowZero: string[];
  /** The titles of products that do not exist any more. */
  missing: string[];
}

const NO_CHANGE: PriceChange = { direction: 'raise', by: 'amount', value: 0, showFormer: false };

/** Computes the preview. `change` is null as long as it is not entered. */
export function previewOf(drafts: readonly LoadedDraft[], change: PriceChange | null): PricePreview {
  const preview: PricePreview = { rows: [], plans: new Map(), prices: 0, belowZero: [], missing: [] };
  for (const { handle, title, draft } of drafts) {
    if (!draft) {
      preview.missing.push(title);
      continue;
    }
    const plan = planPrices(draft, change ?? NO_CHANGE);
    preview.rows.push(...plan.map((prices) => ({ ...prices, handle, title })));
    if (!isPossible(plan)) preview.belowZero.push(title);
    else if (priceChanges(plan) > 0) {
      preview.plans.set(handle, plan);
      preview.prices += priceChanges(plan);
    }
  }
  return preview;
}

/** Sums up the preview: "12 prices of 5 products change." */
export function previewText({ prices, plans, belowZero, missing }: PricePreview): string {
  const sentences = [prices === 0 ? 'No price changes.' : `${counted(prices, 'price')} of ${counted(plans.size, 'product')} ${prices === 1 ? 'changes' : 'change'}.`];
  if (belowZero.length > 0) sentences.push(`Left out, because a price would fall below zero: ${belowZero.join(', ')}.`);
  if (missing.length > 0) sentences.push(`Deleted in the meantime: ${missing.join(', ')}.`);
  return sentences.join(' ');
}
