import { useShop } from '../api/catalogue';
import { LANGUAGES, languageOf, type Language } from './language';
import { useMessages } from './messages';

/** A text of the merchant in one language or several. */
export type ByLanguage<T> = Readonly<Record<string, T>>;

/** Returns the language to show: the visitor's, else that of the shop, else any that the merchant wrote in. */
export function shownLanguage(texts: ByLanguage<unknown>, language: Language, shopLocale: string | undefined): Language | null {
  const wanted = [language, languageOf(shopLocale), ...LANGUAGES];
  return wanted.find((one) => one !== null && Object.hasOwn(texts, one)) ?? null;
}

export function textIn<T>(texts: ByLanguage<T>, language: Language, shopLocale: string | undefined): T | undefined {
  const shown = shownLanguage(texts, language, shopLocale);
  return shown === null ? undefined : texts[shown];
}

/** Returns a function that chooses what to show on this page. */
export function useMerchantText(): <T>(texts: ByLanguage<T>) => T | undefined {
  const { language } = useMessages();
  const { data: shop } = useShop();
  return (texts) => textIn(texts, language, shop?.locale);
}

/** Returns the `lang` of an element with this text, which it needs where the text is not in the language of the page. */
export function useMerchantLang(): (texts: ByLanguage<unknown>) => Language | undefined {
  const { language } = useMessages();
  const { data: shop } = useShop();
  return (texts) => {
    const shown = shownLanguage(texts, language, shop?.locale);
    return shown === null || shown === language ? undefined : shown;
  };
}
