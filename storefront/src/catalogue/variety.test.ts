import { expect, it } from 'vitest';
import { withVariety } from './variety';

function products(categories: string): { id: number; category: string | null }[] {
  return [...categories].map((category, id) => ({ id, category: category === '-' ? null : category }));
}

const idsOf = (categories: string) => withVariety(products(categories), 4, 2).map(({ id }) => id);

it('shows at most some products of a category, in their order', () => {
  expect(idsOf('bbbbbkk')).toEqual([0, 1, 5, 6]);
  expect(idsOf('bkbkbk')).toEqual([0, 1, 2, 3]);
});

it('fills up with the category when there are too few others', () => {
  expect(idsOf('bbbbbk')).toEqual([0, 1, 2, 5]);
  expect(idsOf('bbb')).toEqual([0, 1, 2]);
  expect(idsOf('')).toEqual([]);
});

it('takes products without a category for one category', () => {
  expect(idsOf('---kk')).toEqual([0, 1, 3, 4]);
});
