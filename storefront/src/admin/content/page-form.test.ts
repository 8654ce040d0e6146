import { describe, expect, it } from 'vitest';
import type { ContentPage, PageSummary } from '../../api/types';
import { checkPage, emptyPage, fieldId, languageOfField, MAX_HTML, pageDraft, pageForm, pageRows, type PageForm } from './page-form';

const IMPRINT: ContentPage = {
  handle: 'imprint', legal: 'imprint', version: 3, updated_at: '2026-05-01T08:30:00Z',
  texts: { de: { title: 'Impressum', body_html: '<p>Kiel</p>' }, en: { title: 'Imprint', body_html: '<p>Kiel</p>' } },
};

const NOTHING = emptyPage('care', 'en').texts;

function fieldsOf(part: Partial<PageForm>): unknown[] {
  return checkPage({ ...pageForm(IMPRINT), ...part }, 'de').map(({ field }) => field);
}

function textFieldsOf(texts: Partial<PageForm['texts']>): unknown[] {
  return fieldsOf({ texts: { ...NOTHING, ...texts } });
}

function page(handle: string, titles: Record<string, string>, legal: PageSummary['legal'] = null): PageSummary {
  return { handle, legal, titles, updated_at: '2026-05-01T08:30:00Z' };
}

describe('the form of a page', () => {
  it('changes nothing that was not changed', () => {
    expect(pageDraft(pageForm(IMPRINT), 3)).toEqual({ texts: IMPRINT.texts, version: 3 });
    expect(checkPage(pageForm(IMPRINT), 'de')).toEqual([]);
  });

  it('begins a legal page with its usual title', () => {
    const form = emptyPage('withdrawal', 'de');
    expect(form.texts.de.title).toBe('Widerrufsbelehrung');
    expect(form.texts.en.title).toBe('');
    expect(emptyPage('care', 'de').texts.de.title).toBe('');
  });

  it('leaves out languages in which nothing is written', () => {
    const form = pageForm(IMPRINT);
    const texts = { ...form.texts, de: { title: ' ', body_html: '' } };
    expect(Object.keys(pageDraft({ ...form, texts }, 3).texts)).toEqual(['en']);
  });

  it('reports what is missing in a language', () => {
    expect(textFieldsOf({})).toEqual(['page-texts-de-title', 'page-texts-de-body_html']);
    expect(textFieldsOf({ fr: { title: 'Soin', body_html: ' ' } })).toEqual(['page-texts-fr-body_html']);
    expect(textFieldsOf({ fr: { title: '', body_html: '<p>…</p>' } })).toEqual(['page-texts-fr-title']);
    // The limit is in bytes, of which this letter has two.
    expect(textFieldsOf({ fr: { title: 'Soin', body_html: 'é'.repeat(MAX_HTML / 2) } })).toEqual([]);
    expect(textFieldsOf({ fr: { title: 'Soin', body_html: 'é'.repeat(MAX_HTML / 2 + 1) } })).toEqual(['page-texts-fr-body_html']);
  });

  it('reports an address that links could not have', () => {
    expect(fieldsOf({ handle: 'size-guide-2' })).toEqual([]);
    for (const handle of ['', 'Size', 'a--b', '-a', 'a/b', 'new']) expect(fieldsOf({ handle }), handle).toEqual(['page-handle']);
  });

  it('finds the field and the language of an error', () => {
    expect(fieldId('/texts/de/body_html')).toBe('page-texts-de-body_html');
    expect(fieldId('/texts/de')).toBe('page-texts-de-title');
    expect(languageOfField('page-texts-fr-title')).toBe('fr');
    expect(languageOfField('page-handle')).toBeNull();
  });
});

describe('the list of pages', () => {
  it('always has the legal pages', () => {
    const rows = pageRows([page('privacy', { de: 'Datenschutz' }, 'privacy'), page('care', { fr: 'Soin', de: 'Pflege' })], ['imprint', 'withdrawal'], 'en', 'de-DE');
    expect(rows.map(({ title, status }) => [title, status.label])).toEqual([
      ['Imprint', 'Missing'], ['Terms and conditions', 'Not written'], ['Datenschutz', 'Published'], ['Right of withdrawal', 'Missing'], ['Pflege', 'Published'],
    ]);
    expect(rows.at(-1)?.languages).toEqual(['de', 'fr']);
  });
});
