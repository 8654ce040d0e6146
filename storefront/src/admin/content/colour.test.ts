import { expect, it } from 'vitest';
import { contrast, DEFAULT_ACCENT, isColour, readableOnWhite } from './colour';

it('knows colours in hexadecimal notation', () => {
  for (const text of ['#0f5a47', ' #ABCDEF ', DEFAULT_ACCENT]) expect(isColour(text), text).toBe(true);
  for (const text of ['', '0f5a47', '#fff', '#0f5a4g', 'green', '#0f5a4712']) expect(isColour(text), text).toBe(false);
});

it('computes the contrast', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  expect(contrast('#ffffff', '#777777')).toBeCloseTo(4.48, 2);
  expect(contrast('#123456', '#123456')).toBe(1);
});

it('darkens a colour until it can be read on white', () => {
  expect(readableOnWhite(DEFAULT_ACCENT)).toBe(DEFAULT_ACCENT);
  for (const colour of ['#ffee00', '#ffffff', '#ff0000', '#808080']) {
    const shade = readableOnWhite(colour);
    expect(isColour(shade), shade).toBe(true);
    expect(contrast(shade, '#ffffff'), colour).toBeGreaterThanOrEqual(4.5);
  }
});
