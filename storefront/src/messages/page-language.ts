import type { QueryClient } from '@tanstack/react-query';
import { SHOP_KEY } from '../api/catalogue';
import type { Shop } from '../api/types';
import { languageOf, preferredLanguage, type Language } from './language';

/** Returns the language to open the page in: the visitor's, the browser's, or else the shop's, if the storefront has it. */
export async function pageLanguage(client: QueryClient): Promise<Language> {
  const preferred = preferredLanguage({ cookies: document.cookie, browser: navigator.languages });
  if (preferred) return preferred;
  try {
    const { locale } = await client.ensureQueryData<Shop>({ queryKey: SHOP_KEY });
    return languageOf(locale) ?? 'en';
  } catch {
    // The page says in English that the shop cannot be reached.
    return 'en';
  }
}
