import { cookieOf, keepCookie } from '../components/cookies';

export const LANGUAGES = ['en', 'de', 'fr'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Each language in its own words, so that its speakers find it whatever the page is in. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: 'English', de: 'Deutsch', fr: 'Français' };

/** The cookie of the visitor's choice. The server reads it as well, for the head of a page and for emails. */
const LANGUAGE_COOKIE = 'language';

/** Returns the language of a tag such as "de-AT", or null if the shop does not have it. */
export function languageOf(tag: string | null | undefined): Language | null {
  const primary = tag?.split(/[-_]/)[0]?.toLowerCase();
  return LANGUAGES.find((language) => language === primary) ?? null;
}

/** Returns the language that the visitor chose on an earlier page, or null. */
export function chosenLanguage(cookies: string): Language | null {
  const chosen = cookieOf(cookies, LANGUAGE_COOKIE);
  return LANGUAGES.find((language) => language === chosen) ?? null;
}

export function languageCookie(language: Language): string {
  return keepCookie(LANGUAGE_COOKIE, language);
}

interface Preferences {
  cookies: string;
  /** The languages of the browser, the preferred first. */
  browser: readonly string[];
}

/** Returns the language that the visitor or the browser asks for, or null if the shop has none of them. */
export function preferredLanguage({ cookies, browser }: Preferences): Language | null {
  const chosen = chosenLanguage(cookies);
  if (chosen) return chosen;
  for (const tag of browser) {
    const language = languageOf(tag);
    if (language) return language;
  }
  return null;
}

/**
 * Returns the locale for dates, numbers and money: the page's language with the conventions of the shop's region. Intl falls
 * back to the language where it does not know the pair.
 */
export function localeOf(language: Language, shop: { locale: string; country: string } | undefined): string {
  if (!shop) return language;
  if (languageOf(shop.locale) === language) return shop.locale;
  const region = /[-_]([A-Z]{2}|\d{3})(?:[-_]|$)/.exec(shop.locale)?.[1] ?? shop.country;
  return `${language}-${region}`;
}
