import { LANGUAGES, type Language } from '../../messages/language';
import type { ProductDraft } from '../api/types';
import { eachLanguage } from '../components/by-language';
import type { ProductForm } from './product-form';

type Translation = NonNullable<ProductDraft['translations']>[string];

/** The texts of a product in one language, as they are typed. */
export interface TranslationForm {
  title: string;
  description: string;
  seoTitle: string;
  seoDescription: string;
  warnings: string;
  /** The short texts by those of the product. */
  texts: Readonly<Record<string, string>>;
}

export type TranslationForms = Readonly<Record<Language, TranslationForm>>;

const NO_TRANSLATION: TranslationForm = { title: '', description: '', seoTitle: '', seoDescription: '', warnings: '', texts: {} };

export const NO_TRANSLATIONS: TranslationForms = eachLanguage(() => NO_TRANSLATION);

export function translationForms(translations: ProductDraft['translations']): TranslationForms {
  return eachLanguage((language) => {
    const stored: Translation | undefined = translations?.[language];
    return {
      title: stored?.title ?? '',
      description: stored?.description_html ?? '',
      seoTitle: stored?.seo_title ?? '',
      seoDescription: stored?.seo_description ?? '',
      warnings: stored?.safety_warnings ?? '',
      texts: stored?.texts ?? {},
    };
  });
}

/** The short texts of a product that can be translated, each once. */
export function shortTexts({ optionNames, variants, tags, images }: Pick<ProductForm, 'optionNames' | 'variants' | 'tags' | 'images'>) {
  const seen = new Set<string>();
  const unseen = (texts: readonly string[]) => texts.map((text) => text.trim()).filter((text) => text !== '' && !seen.has(text) && seen.add(text));
  return {
    options: unseen(optionNames.flatMap((name, index) => [name, ...variants.map(({ optionValues }) => optionValues[index] ?? '')])),
    tags: unseen(tags.split(',')),
    images: unseen(images.map(({ alt }) => alt)),
  };
}

/** Builds the translations. Short texts that the product no longer has are left out. */
export function translationDrafts(form: ProductForm): NonNullable<ProductDraft['translations']> {
  const short = shortTexts(form);
  const known = [...short.options, ...short.tags, ...short.images];
  const drafts = LANGUAGES.map((language) => {
    const typed = form.translations[language];
    const texts = known.flatMap((text) => {
      const translation = typed.texts[text]?.trim();
      return translation ? [[text, translation] as const] : [];
    });
    const draft: Translation = {
      ...(typed.title.trim() && { title: typed.title.trim() }),
      ...(typed.description.trim() && { description_html: typed.description }),
      ...(typed.seoTitle.trim() && { seo_title: typed.seoTitle.trim() }),
      ...(typed.seoDescription.trim() && { seo_description: typed.seoDescription.trim() }),
      ...(typed.warnings.trim() && { safety_warnings: typed.warnings.trim() }),
      ...(texts.length > 0 && { texts: Object.fromEntries(texts) }),
    };
    return [language, draft] as const;
  });
  return Object.fromEntries(drafts.filter(([, draft]) => Object.keys(draft).length > 0));
}

/** The language whose field has an id, such as that of `/translations/de/title`. */
export function languageOfField(id: string): Language | null {
  const name = /^product-translations-([a-z]+)(?:-|$)/.exec(id)?.[1];
  return LANGUAGES.find((language) => language === name) ?? null;
}
