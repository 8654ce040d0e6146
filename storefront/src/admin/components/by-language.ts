import { LANGUAGES, type Language } from '../../messages/language';

/** A field of a form in every language; empty where nothing is written. */
export type Texts = Readonly<Record<Language, string>>;

export const NO_TEXTS: Texts = { en: '', de: '', fr: '' };

export function eachLanguage<T>(value: (language: Language) => T): Record<Language, T> {
  return { en: value('en'), de: value('de'), fr: value('fr') };
}

export function textsForm(texts: Readonly<Record<string, string>> | undefined): Texts {
  return eachLanguage((language) => texts?.[language] ?? '');
}

/** Returns the languages in which something is written. */
export function textsDraft(texts: Texts): Record<string, string> {
  const written = LANGUAGES.map((language) => [language, texts[language].trim()] as const).filter(([, text]) => text !== '');
  return Object.fromEntries(written);
}

export function hasText(texts: Texts): boolean {
  return LANGUAGES.some((language) => texts[language].trim() !== '');
}
