import { describe, expect, it } from 'vitest';
import type { Availability, Variant } from '../api/types';
import { afterChoice, findVariant, initialVariant, stateOfChoice } from './variants';

const usd = (amount: number) => ({ amount, currency: 'USD' });
function variant(sku: string, option_values: string[], availability: Availability = 'in_stock'): Variant {
  return { sku, option_values, price: usd(100), compare_at_price: null, weight_grams: 1, availability, available_quantity: null, image: null };
}

const product = {
  options: [{ name: 'Colour', values: ['Red', 'Blue'] }, { name: 'Size', values: ['S', 'M', 'L'] }],
  variants: [
    variant('RS', ['Red', 'S'], 'out_of_stock'),
    variant('RM', ['Red', 'M']),
    variant('BM', ['Blue', 'M'], 'out_of_stock'),
    variant('BL', ['Blue', 'L'], 'backorder'),
  ],
};

describe('initialVariant', () => {
  it('is the linked one, else the first available one, else the first', () => {
    expect(initialVariant(product, 'BM')?.sku).toBe('BM');
    expect(initialVariant(product, null)?.sku).toBe('RM');
    expect(initialVariant(product, 'gone')?.sku).toBe('RM');
    expect(initialVariant({ ...product, variants: [product.variants[0]!] }, null)?.sku).toBe('RS');
  });
});

describe('stateOfChoice', () => {
  it('distinguishes sold-out from missing combinations', () => {
    expect(stateOfChoice(product, ['Red', 'M'], 1, 'M')).toBe('available');
    expect(stateOfChoice(product, ['Red', 'M'], 1, 'S')).toBe('sold-out');
    expect(stateOfChoice(product, ['Red', 'M'], 1, 'L')).toBe('missing');
    expect(stateOfChoice(product, ['Blue', 'M'], 1, 'L')).toBe('available');
  });
});

describe('afterChoice', () => {
  it('keeps the other choices where it can', () => {
    expect(afterChoice(product, ['Red', 'M'], 0, 'Blue')?.sku).toBe('BM');
    expect(afterChoice(product, ['Red', 'M'], 1, 'S')?.sku).toBe('RS');
  });

  it('moves to a combination that exists where it cannot', () => {
    expect(afterChoice(product, ['Red', 'S'], 0, 'Blue')?.sku).toBe('BL');
    expect(afterChoice(product, ['Red', 'M'], 1, 'L')?.sku).toBe('BL');
  });
});

it('finds the only variant of a product without options', () => {
  expect(findVariant({ options: [], variants: [variant('ONE', [])] }, [])?.sku).toBe('ONE');
});
