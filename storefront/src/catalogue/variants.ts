import type { Product, Variant } from '../api/types';

type WithVariants = Pick<Product, 'options' | 'variants'>;

export function isBuyable(variant: Variant): boolean {
  return variant.availability !== 'out_of_stock';
}

export function findVariant(product: WithVariants, values: readonly string[]): Variant | undefined {
  return product.variants.find((variant) => product.options.every((_, index) => variant.option_values[index] === values[index]));
}

/** Returns the variant that the link names, else the first available one, else the first. */
export function initialVariant(product: WithVariants, sku: string | null): Variant | undefined {
  return (
    product.variants.find((variant) => variant.sku === sku) ??
    product.variants.find(isBuyable) ??
    product.variants[0]
  );
}

type ChoiceState = 'available' | 'sold-out' | 'missing';

/** Returns the availability of the variant with this value and the other options unchanged. */
export function stateOfChoice(product: WithVariants, chosen: readonly string[], option: number, value: string): ChoiceState {
  const variant = findVariant(product, chosen.map((one, index) => (index === option ? value : one)));
  if (!variant) return 'missing';
  return isBuyable(variant) ? 'available' : 'sold-out';
}

/**
 * Returns the variant after choosing a value. Where that combination does not exist, it is the
 * variant with this value that keeps most of the other choices, so no choice is a dead end.
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
