import { expect, it } from 'vitest';
import { shortAverage } from './Stars';

it('shows an average with one digit', () => {
  expect(shortAverage('4.27')).toBe('4.3');
  expect(shortAverage('4.25')).toBe('4.3');
  expect(shortAverage('4.24')).toBe('4.2');
  expect(shortAverage('5')).toBe('5.0');
  expect(shortAverage('0.5')).toBe('0.5');
  expect(shortAverage('4.96')).toBe('5.0');
});
