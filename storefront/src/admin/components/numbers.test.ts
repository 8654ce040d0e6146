import { expect, it } from 'vitest';
import { parseCount, parsePercent, percentText } from './numbers';

it('reads whole numbers', () => {
  expect(parseCount(' 12 ')).toBe(12);
  for (const text of ['', '-1', '1.5', 'x', '9999999999']) expect(parseCount(text)).toBeNull();
});

it('reads percentages exactly', () => {
  expect(parsePercent('19')).toBe(190_000);
  expect(parsePercent('7,25')).toBe(72_500);
  expect(parsePercent('0.0001')).toBe(1);
  expect(parsePercent('100')).toBe(1_000_000);
  for (const text of ['', '101', '-1', '1.00001', 'x']) expect(parsePercent(text)).toBeNull();
});

it('writes what it reads', () => {
  for (const millionths of [0, 1, 72_500, 190_000, 1_000_000]) expect(parsePercent(percentText(millionths))).toBe(millionths);
  expect(percentText(72_500)).toBe('7.25');
});
