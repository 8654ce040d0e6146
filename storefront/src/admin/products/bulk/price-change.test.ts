import { describe, expect, it } from 'vitest';
import { changedPrice, isPossible, planPrices, priceChanges, type PriceChange } from './price-change';

const percent = (direction: PriceChange['direction'], value: number): PriceChange => ({ direction, by: 'percent', value, showFormer: false });
const amount = (direction: PriceChange['direction'], value: number): PriceChange => ({ direction, by: 'amount', value, showFormer: false });

/** A small generator with a fixed seed, so that a failure can be repeated. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('a percentage', () => {
  it('is computed exactly', () => {
    expect(changedPrice(1999, percent('reduce', 100_000))).toBe(1799);
    expect(changedPrice(1000, percent('raise', 72_500))).toBe(1072);
    expect(changedPrice(500, percent('reduce', 1_000_000))).toBe(0);
    expect(changedPrice(0, percent('raise', 500_000))).toBe(0);
    // 0.1 + 0.2 of a float would show here.
    expect(changedPrice(3, percent('raise', 100_000))).toBe(3);
    expect(changedPrice(9_000_900_090, percent('raise', 1))).toBe(9_000_909_091);
  });

  it('rounds exact halves to the even minor unit', () => {
    const halves = [1, 3, 5, 7, 9].map((price) => changedPrice(price, percent('reduce', 500_000)));
    expect(halves).toEqual([0, 2, 2, 4, 4]);
    expect(changedPrice(25, percent('raise', 100_000))).toBe(28);
    expect(changedPrice(35, percent('raise', 100_000))).toBe(38);
  });

  it('is nowhere further than half a minor unit from the exact result', () => {
    const next = numbers(7);
    for (let round = 0; round < 5_000; round += 1) {
      const [price, value] = [next(10_000_000), next(1_000_001)];
      const direction = next(2) === 0 ? 'reduce' : 'raise';
      const changed = changedPrice(price, percent(direction, value));
      const exact = BigInt(price) * BigInt(direction === 'reduce' ? 1_000_000 - value : 1_000_000 + value);
      const distance = exact - BigInt(changed ?? -1) * 1_000_000n;
      const twice = 2n * (distance < 0n ? -distance : distance);
      const text = `${direction} ${price} by ${value}`;
      expect(twice <= 1_000_000n, text).toBe(true);
      if (twice === 1_000_000n) expect((changed ?? 1) % 2, text).toBe(0);
    }
  });

  it('keeps the order of prices', () => {
    const next = numbers(11);
    for (let round = 0; round < 2_000; round += 1) {
      const change = percent(next(2) === 0 ? 'reduce' : 'raise', next(1_000_001));
      const price = next(1_000_000);
      expect(changedPrice(price, change) ?? -1).toBeLessThanOrEqual(changedPrice(price + 1, change) ?? -1);
    }
  });
});

describe('an amount', () => {
  it('is taken off and put back', () => {
    const next = numbers(13);
    for (let round = 0; round < 1_000; round += 1) {
      const [price, value] = [next(1_000_000), next(1_000_000)];
      const raised = changedPrice(price, amount('raise', value));
      expect(changedPrice(raised ?? -1, amount('reduce', value))).toBe(price);
      expect(changedPrice(price, amount('reduce', value))).toBe(value > price ? null : price - value);
    }
  });

  it('is refused where numbers are no longer exact', () => {
    expect(changedPrice(Number.MAX_SAFE_INTEGER, amount('raise', 1))).toBeNull();
  });
});

describe('the plan of a product', () => {
  const draft = { variants: [{ sku: 'A', option_values: ['Steel', '1 l'], price: 1000, compare_at_price: 1500 }, { sku: 'B', price: 1 }] };

  it('keeps former prices unless they are to be shown', () => {
    const [a, b] = planPrices(draft, percent('reduce', 100_000));
    expect(a).toEqual({ sku: 'A', name: 'Steel, 1 l', from: 1000, to: 900, formerFrom: 1500, formerTo: 1500 });
    expect(b).toMatchObject({ name: '', to: 1, formerFrom: null, formerTo: null });
  });

  it('makes the present price the former one where it is reduced', () => {
    const [a, b] = planPrices(draft, { ...percent('reduce', 100_000), showFormer: true });
    expect(a).toMatchObject({ to: 900, formerTo: 1000 });
    expect(b).toMatchObject({ to: 1, formerTo: null });
    expect(planPrices(draft, { ...percent('raise', 100_000), showFormer: true })[0]?.formerTo).toBe(1500);
  });

  it('is impossible when one price would fall below zero', () => {
    const plan = planPrices(draft, amount('reduce', 2));
    expect(plan.map(({ to }) => to)).toEqual([998, null]);
    expect(isPossible(plan)).toBe(false);
    expect(priceChanges(plan)).toBe(1);
    expect(isPossible(planPrices(draft, amount('reduce', 1)))).toBe(true);
  });
});
