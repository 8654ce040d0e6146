import { describe, expect, it } from 'vitest';
import { formatsOf } from './formats';
import { chosenLanguage, languageCookie, languageOf, localeOf, preferredLanguage } from './language';
import { pluralOf } from './plural';

const shop = (locale: string, country = 'DE') => ({ locale, country });

describe('the language of the page', () => {
  it('is the one that the visitor chose', () => {
    expect(preferredLanguage({ cookies: 'a=b; language=fr; c=d', browser: ['de-DE'] })).toBe('fr');
    expect(chosenLanguage(languageCookie('de'))).toBe('de');
  });

  it('is else the first of the browser that the storefront has', () => {
    expect(preferredLanguage({ cookies: 'language=xx', browser: ['ja', 'de-AT', 'en'] })).toBe('de');
    expect(preferredLanguage({ cookies: '', browser: ['ja'] })).toBeNull();
  });

  it('is read from tags of any form', () => {
    expect(languageOf('FR_ca')).toBe('fr');
    expect(languageOf('de')).toBe('de');
    expect(languageOf('deutsch')).toBeNull();
    expect(languageOf(undefined)).toBeNull();
  });

  it('keeps its cookie for a year on all pages', () => {
    expect(languageCookie('de')).toBe('language=de; Path=/; Max-Age=31536000; SameSite=Lax');
  });
});

describe('the locale of dates and numbers', () => {
  it('is that of the shop in its own language, and has its region in others', () => {
    expect(localeOf('de', shop('de-AT'))).toBe('de-AT');
    expect(localeOf('fr', shop('de-CH'))).toBe('fr-CH');
    expect(localeOf('fr', shop('de'))).toBe('fr-DE');
    expect(localeOf('en', undefined)).toBe('en');
  });

  it('decides on separators and units', () => {
    expect(formatsOf('de-DE').decimal('4.3')).toBe('4,3');
    expect(formatsOf('en-US').decimal('5.0')).toBe('5.0');
    expect(formatsOf('de-DE').weight(1250)).toBe('1,25 kg');
    expect(formatsOf('en-US').weight(250)).toBe('250 g');
    expect(formatsOf('de-DE').country('FR', 'France')).toBe('Frankreich');
    expect(formatsOf('de-DE').country('ZZ', 'Elsewhere')).toMatch(/./);
    expect(formatsOf('en-US').date('no date')).toBe('');
  });
});

it('chooses plurals by the rules of the language', () => {
  const forms = { one: 'one', other: 'other' };
  expect([0, 1, 2].map((count) => pluralOf('en')(count, forms))).toEqual(['other', 'one', 'other']);
  expect([0, 1, 2].map((count) => pluralOf('fr')(count, forms))).toEqual(['one', 'one', 'other']);
  expect(pluralOf('fr')(1_000_000, forms)).toBe('other');
});
