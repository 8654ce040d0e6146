import type { Product, Variant } from '../api/types';

type WithVariants = Pick<Product, 'options' | 'variants'>;

export function isBuyable(variant: Variant): boolean {
  return variant.availability !== 'out_of_stock';
}

export function findVariant(product: WithVariants, values: readonly string[]): Variant | undefined {
  return product.variants.find((variant) => product.options.every((_, index) => variant.option_values[index] === values[index]));
}

/** The variant that a link names, else the first that can be bought. */
export function initialVariant(product: WithVariants, sku: string | null): Variant | undefined {
  return (
    product.variants.find((variant) => variant.sku === sku) ??
    product.variants.find(isBuyable) ??
    product.variants[0]
  );
}

export type ChoiceState = 'available' | 'sold-out' | 'missing';

/** What choosing this value, with the other options as they are, would lead to. */
export function stateOfChoice(product: WithVariants, chosen: readonly string[], option: number, value: string): ChoiceState {
  const variant = findVariant(product, chosen.map((one, index) => (index === option ? value : one)));
  if (!variant) return 'missing';
  return isBuyable(variant) ? 'available' : 'sold-out';
}

/**
 * The variant after choosing a value. Not every combination need exist: then the one with this
 * value that keeps most of the other choices, so that no choice is a dead end.
 */
export function afterChoice(product: WithVariants, chosen: readonly string[], option: number, value: string): Variant | undefined {
  let best: Variant | undefined;
  let bestScore = -1;
  for (const variant of product.variants) {
    if (variant.option_values[option] !== value) continue;
    const kept = variant.option_values.filter((one, index) => index !== option && one === chosen[index]).length;
    const score = kept * 2 + (isBuyable(variant) ? 1 : 0);
    if (score > bestScore) {
      best = variant;
      bestScore = score;
    }
  }
  return best;
}
