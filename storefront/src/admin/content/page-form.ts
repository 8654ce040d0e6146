import type { ContentPage, LegalPage, PageSummary } from '../../api/types';
import type { FieldError } from '../../components/Field';
import { LANGUAGES, type Language } from '../../messages/language';
import { textIn } from '../../messages/merchant-text';
import type { PageDraft, PageText } from '../api/types';
import { LANGUAGE, LEGAL_PAGE, type StatusLabel } from '../messages/en';
import { eachLanguage, type Texts } from '../components/by-language';

export const LEGAL_PAGES = Object.keys(LEGAL_PAGE) as LegalPage[];

/** The titles that the legal pages usually have. */
const USUAL_TITLES: Readonly<Record<LegalPage, Texts>> = {
  imprint: { en: 'Imprint', de: 'Impressum', fr: 'Mentions légales' },
  terms: { en: 'Terms and conditions', de: 'Allgemeine Geschäftsbedingungen', fr: 'Conditions générales de vente' },
  privacy: { en: 'Privacy policy', de: 'Datenschutzerklärung', fr: 'Politique de confidentialité' },
  withdrawal: { en: 'Right of withdrawal', de: 'Widerrufsbelehrung', fr: 'Droit de rétractation' },
};

/** The largest length of the HTML, in bytes. */
export const MAX_HTML = 200_000;

export interface PageForm {
  handle: string;
  texts: Readonly<Record<Language, PageText>>;
}

export function legalPageOf(handle: string): LegalPage | null {
  return LEGAL_PAGES.find((legal) => legal === handle) ?? null;
}

/** Returns the form of a page that is not written yet: a legal page has its usual title in the language of the shop. */
export function emptyPage(handle: string, shopLanguage: Language): PageForm {
  const legal = legalPageOf(handle);
  return {
    handle,
    texts: eachLanguage((language) => ({ title: legal && language === shopLanguage ? USUAL_TITLES[legal][language] : '', body_html: '' })),
  };
}

export function pageForm({ handle, texts }: ContentPage): PageForm {
  return { handle, texts: eachLanguage((language) => texts[language] ?? { title: '', body_html: '' }) };
}

/** The id of the field that an error of the server is about: `/texts/de/title` is `page-texts-de-title`. */
export function fieldId(pointer: string): string {
  // An error about a language as a whole is shown at its title.
  const field = /^\/texts\/\w+$/.test(pointer) ? `${pointer}/title` : pointer;
  return `page${field.replaceAll('/', '-')}`;
}

/** Returns the language of a field, or null for a field that all languages share. */
export function languageOfField(id: string): Language | null {
  return LANGUAGES.find((language) => id.startsWith(fieldId(`/texts/${language}/`))) ?? null;
}

export function isWritten({ title, body_html }: PageText): boolean {
  return title.trim() !== '' || body_html.trim() !== '';
}

export function checkPage({ handle, texts }: PageForm, shopLanguage: Language): FieldError[] {
  const errors: FieldError[] = [];
  const report = (pointer: string, message: string) => errors.push({ field: fieldId(pointer), message });
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(handle)) report('/handle', 'The address may have small letters, digits and single hyphens.');
  // The admin has a page of its own there.
  if (handle === 'new') report('/handle', 'This address is taken. Choose another.');
  const written = LANGUAGES.filter((language) => isWritten(texts[language]));
  // With nothing written at all, the errors are those of the language that everybody sees.
  for (const language of written.length > 0 ? written : [shopLanguage]) {
    const { title, body_html } = texts[language];
    const name = LANGUAGE[language];
    if (title.trim() === '') report(`/texts/${language}/title`, `Enter the ${name} title.`);
    if (body_html.trim() === '') report(`/texts/${language}/body_html`, `Enter the ${name} text.`);
    else if (new TextEncoder().encode(body_html).length > MAX_HTML) report(`/texts/${language}/body_html`, `The ${name} text is too long: at most ${MAX_HTML} bytes.`);
  }
  return errors;
}

/** Builds the page of the languages that are written. */
export function pageDraft({ texts }: PageForm, version: number): PageDraft {
  const written = LANGUAGES.filter((language) => isWritten(texts[language]));
  return {
    texts: Object.fromEntries(written.map((language) => [language, { title: texts[language].title.trim(), body_html: texts[language].body_html }])),
    version,
  };
}

export interface PageRow {
  handle: string;
  title: string;
  legal: LegalPage | null;
  languages: Language[];
  /** Null for a legal page that is not written yet. */
  updatedAt: string | null;
  status: StatusLabel;
}

/** Lists all pages, and the legal ones that are not written yet. `titleLanguage` is the language to show titles in. */
export function pageRows(pages: readonly PageSummary[], missing: readonly LegalPage[], titleLanguage: Language, shopLocale: string | undefined): PageRow[] {
  const rowOf = ({ handle, legal, titles, updated_at }: PageSummary): PageRow => ({
    handle,
    title: textIn(titles, titleLanguage, shopLocale) ?? handle,
    legal: legal ?? null,
    languages: LANGUAGES.filter((language) => Object.hasOwn(titles, language)),
    updatedAt: updated_at,
    status: { label: 'Published', tone: 'good' },
  });
  const legalRows = LEGAL_PAGES.map((legal): PageRow => {
    const page = pages.find((one) => one.legal === legal);
    if (page) return rowOf(page);
    const status: StatusLabel = missing.includes(legal) ? { label: 'Missing', tone: 'bad' } : { label: 'Not written', tone: 'neutral' };
    return { handle: legal, title: LEGAL_PAGE[legal].label, legal, languages: [], updatedAt: null, status };
  });
  return [...legalRows, ...pages.filter(({ legal }) => !legal).map(rowOf)];
}
