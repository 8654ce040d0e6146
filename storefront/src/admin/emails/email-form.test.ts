import { describe, expect, it } from 'vitest';
import type { EmailTexts } from '../api/types';
import { checkEmails, emailDraft, emailForm, fieldId, placeholdersOf, placeOfField } from './email-form';

const STORED: EmailTexts = {
  version: 3,
  texts: { placed: { de: { subject: 'Danke, {name}', message: 'Wir packen {order}.' } }, refunded: { fr: { subject: null, message: '{amount} : {reason}' } } },
  closing: { en: 'Call us.' },
};

const FORM = emailForm(STORED);

describe('the form of the emails', () => {
  it('changes nothing that was not changed', () => {
    expect(emailDraft(FORM, 3)).toEqual(STORED);
    expect(checkEmails(FORM)).toEqual([]);
  });

  it('leaves out what is empty', () => {
    const texts = { ...FORM.texts, placed: { ...FORM.texts.placed, de: { subject: ' ', message: '' } } };
    expect(emailDraft({ texts, closing: { en: ' ', de: '', fr: '' } }, 3)).toEqual({ version: 3, texts: { refunded: STORED.texts.refunded }, closing: {} });
  });

  it('reports placeholders that are none', () => {
    const texts = { ...FORM.texts, placed: { ...FORM.texts.placed, de: { subject: '{amount}', message: '{ } {} {Name} {tracking}' } } };
    expect(checkEmails({ ...FORM, texts }).map(({ field }) => field)).toEqual(['email-texts-placed-de-subject', 'email-texts-placed-de-message']);
    expect(placeholdersOf('refunded', 'message')).toEqual(['{order}', '{name}', '{shop}', '{amount}', '{reason}']);
    expect(placeholdersOf('refunded', 'subject')).toEqual(['{order}', '{name}', '{shop}']);
  });
});

it('knows where a field is', () => {
  expect(placeOfField(fieldId('/texts/return_requested/de/message'))).toEqual({ kind: 'return_requested', language: 'de' });
  expect(placeOfField(fieldId('/closing/fr'))).toEqual({ kind: null, language: 'fr' });
  expect(placeOfField('email-texts-birthday-xx-message')).toBeNull();
});
