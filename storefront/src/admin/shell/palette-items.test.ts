import { expect, it } from 'vitest';
import { matchingItems, productItems } from './palette-items';

const labels = (text: string, can: (permission: string) => boolean = () => true) => matchingItems(text, can).map(({ label }) => label);

it('finds pages and actions by their words', () => {
  expect(labels('invent')).toEqual(['Stock', 'Low stock']);
  expect(labels('add prod')).toEqual(['Add a product']);
  expect(labels('nothing like this')).toEqual([]);
  expect(labels('')).toContain('Dashboard');
});

it('leaves out what the role does not include', () => {
  expect(labels('product', (permission) => permission !== 'products:write' && permission !== 'imports:write')).toEqual(['Products']);
});

it('lists products, not categories', () => {
  const items = productItems([
    { kind: 'category', handle: 'kitchen', text: 'Kitchen' },
    { kind: 'product', handle: 'mill 1', text: 'Mill' },
  ]);
  expect(items).toEqual([{ id: 'product-mill 1', group: 'Products', label: 'Mill', to: '/products/mill%201' }]);
});
