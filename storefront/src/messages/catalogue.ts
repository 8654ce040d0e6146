import type english from './en';
import type { Language } from './language';

/** The texts of the storefront. English declares them, and the other languages have the same keys. */
export type Messages = typeof english;

/** Each language is a chunk of its own, so that visitors load theirs alone. */
const LOADERS: Readonly<Record<Language, () => Promise<{ default: Messages }>>> = {
  en: () => import('./en'),
  de: () => import('./de'),
  fr: () => import('./fr'),
};

export async function loadMessages(language: Language): Promise<Messages> {
  return (await LOADERS[language]()).default;
}
