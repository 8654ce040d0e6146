import { expect, it } from 'vitest';
import { safeNext } from './next';

it('allows paths of the shop only', () => {
  expect(safeNext('/checkout')).toBe('/checkout');
  expect(safeNext('/search?q=a')).toBe('/search?q=a');
  for (const bad of [null, '', 'https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)']) {
    expect(safeNext(bad)).toBe('/account');
  }
});
