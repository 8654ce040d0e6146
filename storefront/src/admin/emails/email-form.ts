import type { FieldError } from '../../components/Field';
import { LANGUAGES, type Language } from '../../messages/language';
import type { EmailTexts, EmailTextsDraft } from '../api/types';
import { eachLanguage, textsDraft, textsForm, type Texts } from '../components/by-language';

/** The emails whose wording can be replaced, in the order in which a customer may get them, and the placeholders of each besides `COMMON`. */
export const EMAILS = {
  placed: { label: 'Order received', facts: [] },
  confirmed: { label: 'Order confirmed', facts: [] },
  shipped: { label: 'Parcel on its way', facts: [] },
  delivered: { label: 'Order delivered', facts: [] },
  cancelled: { label: 'Order cancelled', facts: [] },
  refunded: { label: 'Refund', facts: ['amount', 'reason'] },
  return_requested: { label: 'Return requested', facts: ['items'] },
  return_received: { label: 'Return received', facts: ['amount'] },
  return_rejected: { label: 'Return declined', facts: ['reason'] },
  return_refunded: { label: 'Return refunded', facts: ['amount'] },
} as const satisfies Record<string, { label: string; facts: readonly string[] }>;

export type EmailKind = keyof typeof EMAILS;

export const KINDS = Object.keys(EMAILS) as EmailKind[];

const COMMON = ['order', 'name', 'shop'];

export interface WordingForm {
  subject: string;
  message: string;
}

export interface EmailForm {
  texts: Readonly<Record<EmailKind, Readonly<Record<Language, WordingForm>>>>;
  closing: Texts;
}

function eachKind<T>(value: (kind: EmailKind) => T): Record<EmailKind, T> {
  return Object.fromEntries(KINDS.map((kind) => [kind, value(kind)])) as Record<EmailKind, T>;
}

export function emailForm({ texts, closing }: EmailTexts): EmailForm {
  const wording = (kind: EmailKind, language: Language) => texts[kind]?.[language];
  return {
    texts: eachKind((kind) => eachLanguage((language) => ({ subject: wording(kind, language)?.subject ?? '', message: wording(kind, language)?.message ?? '' }))),
    closing: textsForm(closing),
  };
}

export function isWritten({ subject, message }: WordingForm): boolean {
  return subject.trim() !== '' || message.trim() !== '';
}

/** The id of the field that an error of the server is about: `/texts/placed/de/message` is `email-texts-placed-de-message`. */
export function fieldId(pointer: string): string {
  return `email${pointer.replaceAll('/', '-')}`;
}

/** Returns the email and the language that a field belongs to; null for the texts at the end of all emails. */
export function placeOfField(id: string): { kind: EmailKind | null; language: Language } | null {
  const parts = /^email-(?:texts-(\w+)|closing)-(\w\w)(?:-\w+)?$/.exec(id);
  const language = LANGUAGES.find((one) => one === parts?.[2]);
  if (!parts || !language) return null;
  return { kind: KINDS.find((one) => one === parts[1]) ?? null, language };
}

/** Returns the placeholders that a text may have, as they are typed. */
export function placeholdersOf(kind: EmailKind, field: keyof WordingForm): string[] {
  const facts: readonly string[] = field === 'message' ? EMAILS[kind].facts : [];
  return [...COMMON, ...facts].map((name) => `{${name}}`);
}

export function checkEmails({ texts }: EmailForm): FieldError[] {
  const errors: FieldError[] = [];
  for (const kind of KINDS) {
    for (const language of LANGUAGES) {
      for (const field of ['subject', 'message'] as const) {
        const known = placeholdersOf(kind, field);
        const unknown = texts[kind][language][field].match(/\{[a-z_]+\}/g)?.find((one) => !known.includes(one));
        if (unknown) errors.push({ field: fieldId(`/texts/${kind}/${language}/${field}`), message: `${EMAILS[kind].label}: ${unknown} is no placeholder of this ${field}.` });
      }
    }
  }
  return errors;
}

export function emailDraft({ texts, closing }: EmailForm, version: number): EmailTextsDraft {
  const ofKind = (kind: EmailKind) => {
    const written = LANGUAGES.filter((language) => isWritten(texts[kind][language]));
    return Object.fromEntries(written.map((language) => {
      const { subject, message } = texts[kind][language];
      return [language, { subject: subject.trim() || null, message: message.trim() }];
    }));
  };
  const written = KINDS.filter((kind) => LANGUAGES.some((language) => isWritten(texts[kind][language])));
  return { version, texts: Object.fromEntries(written.map((kind) => [kind, ofKind(kind)])), closing: textsDraft(closing) };
}
