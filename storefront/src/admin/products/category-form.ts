import type { FieldError } from '../../components/Field';
import { LANGUAGES, type Language } from '../../messages/language';
import type { CategoryDraft } from '../api/types';
import { eachLanguage } from '../components/by-language';

/** A category as it is typed. */
export interface CategoryForm {
  handle: string;
  isNew: boolean;
  name: string;
  description: string;
  translations: Readonly<Record<Language, CategoryTexts>>;
}

export interface CategoryTexts {
  name: string;
  description: string;
}

/** Starts from a stored category, or from nothing for a new one. */
export function categoryForm(handle: string, draft: CategoryDraft | null): CategoryForm {
  return {
    handle,
    isNew: draft === null,
    name: draft?.name ?? '',
    description: draft?.description ?? '',
    translations: eachLanguage((language) => {
      const texts = draft?.translations?.[language];
      return { name: texts?.name ?? '', description: texts?.description ?? '' };
    }),
  };
}

export function categoryDraft({ name, description, translations }: CategoryForm): CategoryDraft {
  const written = LANGUAGES.map((language) => [language, translations[language]] as const).filter(([, texts]) => isWritten(texts));
  const texts = written.map(([language, one]) => {
    const translated = { ...(one.name.trim() && { name: one.name.trim() }), description: one.description.trim() };
    return [language, translated] as const;
  });
  return { name: name.trim(), description: description.trim(), translations: Object.fromEntries(texts) };
}

export function isWritten({ name, description }: CategoryTexts): boolean {
  return name.trim() !== '' || description.trim() !== '';
}

export function checkCategory(form: CategoryForm, known: readonly { handle: string }[]): FieldError[] {
  const errors: FieldError[] = [];
  if (form.name.trim() === '') errors.push({ field: 'category-name', message: 'Enter a name.' });
  if (form.handle === '') errors.push({ field: 'category-handle', message: 'Enter an address.' });
  if (form.isNew && known.some(({ handle }) => handle === form.handle)) errors.push({ field: 'category-handle', message: 'Another category has this address.' });
  return errors;
}
