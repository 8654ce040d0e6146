import type { ProductCard } from '../api/types';

/**
 * Returns the first `count` products with at most `perCategory` of each category, as long as there are others. A merchant often
 * adds a whole category at once, which would be all that the home page shows.
 */
export function withVariety<P extends Pick<ProductCard, 'category'>>(products: readonly P[], count: number, perCategory: number): P[] {
  const seen = new Map<string | null | undefined, number>();
  const kept = new Set<P>();
  for (const product of products) {
    const before = seen.get(product.category) ?? 0;
    seen.set(product.category, before + 1);
    if (before < perCategory) kept.add(product);
  }
  const others = products.filter((product) => !kept.has(product));
  const chosen = new Set([...kept, ...others].slice(0, count));
  return products.filter((product) => chosen.has(product));
}
