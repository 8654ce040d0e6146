import { expect, it } from 'vitest';
import { shownLanguage, textIn } from './merchant-text';

const TEXTS = { en: 'Imprint', de: 'Impressum', fr: 'Mentions légales' };

it("shows the visitor's language", () => {
  expect(textIn(TEXTS, 'de', 'fr-FR')).toBe('Impressum');
});

it("shows that of the shop where the visitor's is missing", () => {
  const { de: _de, ...texts } = TEXTS;
  expect(textIn(texts, 'de', 'fr-CH')).toBe('Mentions légales');
});

it('shows any other where both are missing', () => {
  expect(textIn({ fr: 'Mentions légales' }, 'de', 'en-GB')).toBe('Mentions légales');
  expect(textIn({ fr: 'Mentions légales' }, 'de', 'ja-JP')).toBe('Mentions légales');
  expect(textIn({ fr: 'Mentions légales' }, 'de', undefined)).toBe('Mentions légales');
});

it('shows nothing where nothing is written', () => {
  expect(textIn({}, 'de', 'de-DE')).toBeUndefined();
  expect(shownLanguage({}, 'de', 'de-DE')).toBeNull();
});
