import { expect, it } from 'vitest';
import { focusAfterMove, focusAfterRemoval } from './menu-order';

const ITEMS = [{ key: 'a' }, { key: 'b' }, { key: 'c' }];

it('keeps the focus on the button that moved an item, until it is disabled', () => {
  expect(focusAfterMove(ITEMS, 0, 1)).toBe('a-down');
  expect(focusAfterMove(ITEMS, 1, 1)).toBe('b-up');
  expect(focusAfterMove(ITEMS, 2, -1)).toBe('c-up');
  expect(focusAfterMove(ITEMS, 1, -1)).toBe('b-down');
});

it('moves the focus to a neighbour of a removed item', () => {
  expect(focusAfterRemoval(ITEMS, 0, 'add')).toBe('b-remove');
  expect(focusAfterRemoval(ITEMS, 2, 'add')).toBe('b-remove');
  expect(focusAfterRemoval([{ key: 'a' }], 0, 'add')).toBe('add');
});
