import type { ProductDraft } from '../../api/types';

/** A change of prices by a percentage in millionths (10 % is 100000), or by an amount in minor units. */
export interface PriceChange {
  direction: 'reduce' | 'raise';
  by: 'percent' | 'amount';
  value: number;
  /** A reduced price is shown with the present one as its former price. */
  showFormer: boolean;
}

/** The price of a variant before and after the change, in minor units. */
export interface VariantPrice {
  sku: string;
  /** The option values, such as "Steel, 1 l"; empty if the product has no options. */
  name: string;
  from: number;
  /** Null if the price would fall below zero. */
  to: number | null;
  formerFrom: number | null;
  formerTo: number | null;
}

const MILLION = 1_000_000n;

/**
 * Returns the new price in minor units, or null if it would fall below zero or be no safe integer. A percentage is rounded to
 * the nearest minor unit, an exact half to the even one, in integers throughout.
 */
export function changedPrice(price: number, { direction, by, value }: PriceChange): number | null {
  const step = direction === 'reduce' ? -BigInt(value) : BigInt(value);
  const millionths = by === 'amount' ? (BigInt(price) + step) * MILLION : BigInt(price) * (MILLION + step);
  if (millionths < 0n) return null;
  const changed = Number(divideHalfEven(millionths, MILLION));
  return Number.isSafeInteger(changed) ? changed : null;
}

/** Divides and rounds half to even. The dividend is not negative. */
function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const twice = 2n * (dividend % divisor);
  const roundsUp = twice > divisor || (twice === divisor && quotient % 2n === 1n);
  return roundsUp ? quotient + 1n : quotient;
}

/** Returns the prices of a product before and after the change. */
export function planPrices({ variants }: Pick<ProductDraft, 'variants'>, change: PriceChange): VariantPrice[] {
  return variants.map(({ sku, option_values, price, compare_at_price }) => {
    const to = changedPrice(price, change);
    const formerFrom = compare_at_price ?? null;
    const becomesFormer = change.direction === 'reduce' && change.showFormer && to !== null && to < price;
    return { sku, name: (option_values ?? []).join(', '), from: price, to, formerFrom, formerTo: becomesFormer ? price : formerFrom };
  });
}

/** A product is changed as a whole: one price below zero leaves all of it out. */
export function isPossible(plan: readonly VariantPrice[]): boolean {
  return plan.every(({ to }) => to !== null);
}

export function priceChanges(plan: readonly VariantPrice[]): number {
  return plan.filter(({ from, to }) => to !== null && to !== from).length;
}
