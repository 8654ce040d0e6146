import { expect, it } from 'vitest';
import { counted } from './formats';

it('counts in the singular and the plural', () => {
  expect([0, 1, 2].map((count) => counted(count, 'row'))).toEqual(['0 rows', '1 row', '2 rows']);
});
