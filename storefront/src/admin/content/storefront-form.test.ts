import { describe, expect, it } from 'vitest';
import type { Storefront } from '../../api/types';
import { itemName, leadsNowhere } from './menu-choices';
import { checkStorefront, emptyGroup, emptyItem, fieldId, languageOfField, storefrontDraft, storefrontForm, type StorefrontForm } from './storefront-form';

const STOREFRONT: Storefront = {
  version: 4,
  logo: { url: '/media/3f2a9c41d07b.webp', alt: '' },
  accent: '#0f5a47',
  home: { de: { title: 'Guten Morgen', lead: 'Becher aus Kiel' }, fr: { title: 'Bonjour', lead: '' } },
  header_menu: [
    { labels: {}, target: { kind: 'products' } },
    { labels: { de: 'Becher' }, target: { kind: 'category', handle: 'mugs' } },
    { labels: { en: 'Journal' }, target: { kind: 'link', url: 'https://blog.example/' } },
  ],
  footer_menu: [{ titles: { en: 'About us', de: 'Über uns' }, items: [{ labels: {}, target: { kind: 'page', handle: 'contact' } }] }],
  legal_guarantee: { de: { url: '/media/0123.png', alt: 'Zwei Jahre Gewährleistung' } },
  misses_legal_guarantee: false,
  pages: [],
  missing_pages: [],
};

const FORM = storefrontForm(STOREFRONT);

function fieldsOf(part: Partial<StorefrontForm>): unknown[] {
  return checkStorefront({ ...FORM, ...part }).map(({ field }) => field);
}

describe('the form of the storefront', () => {
  it('changes nothing that was not changed', () => {
    const { pages: _pages, missing_pages: _missing, misses_legal_guarantee: _misses, ...draft } = STOREFRONT;
    expect(storefrontDraft(FORM, 4)).toEqual(draft);
    expect(checkStorefront(FORM)).toEqual([]);
  });

  it('sends null and empty lists for defaults', () => {
    const empty = storefrontForm({ ...STOREFRONT, logo: null, accent: null, home: {}, header_menu: [], footer_menu: [], legal_guarantee: {} });
    expect(storefrontDraft(empty, 0)).toEqual({ version: 0, logo: null, accent: null, home: {}, header_menu: [], footer_menu: [], legal_guarantee: {} });
  });

  it('cleans what was typed', () => {
    const header = [{ ...emptyItem(), kind: 'link' as const, url: ' /search?q=mug ', labels: { en: ' Mugs ', de: ' ', fr: '' } }];
    const draft = storefrontDraft({ ...FORM, accent: ' #ABCDEF ', header }, 4);
    expect(draft).toMatchObject({ accent: '#abcdef', header_menu: [{ labels: { en: 'Mugs' }, target: { kind: 'link', url: '/search?q=mug' } }] });
    expect(draft.header_menu?.[0]?.labels).not.toHaveProperty('de');
  });
});

describe('the check of the storefront', () => {
  it('reports colours that are none, and texts without a heading', () => {
    expect(fieldsOf({ accent: 'green' })).toEqual(['storefront-accent']);
    expect(fieldsOf({ accent: '' })).toEqual([]);
    expect(fieldsOf({ home: { ...FORM.home, en: { title: ' ', lead: 'Text' } } })).toEqual(['storefront-home-en-title']);
  });

  it('reports notices without their text, and texts without their notice', () => {
    const { guarantee } = FORM;
    expect(fieldsOf({ guarantee: { ...guarantee, de: { ...guarantee.de, text: ' ' } } })).toEqual(['storefront-legal_guarantee-de-alt']);
    expect(fieldsOf({ guarantee: { ...guarantee, fr: { image: null, text: 'Deux ans' } } })).toEqual(['storefront-legal_guarantee-fr-url']);
  });

  it('reports items that lead nowhere', () => {
    const item = emptyItem();
    expect(fieldsOf({ header: [item, { ...item, kind: 'page' }, { ...item, kind: 'products' }] })).toEqual(['storefront-header_menu-0-target-handle', 'storefront-header_menu-1-target-handle']);
    expect(fieldsOf({ header: [{ ...item, kind: 'link' }] })).toEqual(['storefront-header_menu-0-target-url', 'storefront-header_menu-0-labels-en']);
    const urls = (url: string) => fieldsOf({ header: [{ ...item, kind: 'link', url, labels: { en: 'x', de: '', fr: '' } }] }).length;
    for (const url of ['/search?q=mug', '/', 'https://example.com', 'https://example.com/a?b#c']) expect(urls(url), url).toBe(0);
    for (const url of ['http://example.com', '//example.com', String.raw`/\example.com`, 'javascript:alert(1)', 'mugs', 'https://', '/a b']) expect(urls(url), url).toBe(1);
  });

  it('reports groups without a heading, and their items', () => {
    expect(fieldsOf({ footer: [{ ...emptyGroup(), items: [emptyItem()] }] })).toEqual(['storefront-footer_menu-0-titles-en', 'storefront-footer_menu-0-items-0-target-handle']);
  });
});

it('finds the field of an error', () => {
  expect(fieldId('/header_menu/2')).toBe('storefront-header_menu-2-target-kind');
  expect(fieldId('/header_menu/2/target')).toBe('storefront-header_menu-2-target-kind');
  expect(fieldId('/footer_menu/0/items/1/labels')).toBe('storefront-footer_menu-0-items-1-labels-en');
  expect(fieldId('/footer_menu/0/items/1')).toBe('storefront-footer_menu-0-items-1-target-kind');
  expect(fieldId('/footer_menu/0')).toBe('storefront-footer_menu-0-titles-en');
  expect(fieldId('/home/fr')).toBe('storefront-home-fr-title');
  expect(fieldId('/accent')).toBe('storefront-accent');
  expect(fieldId('/legal_guarantee/de')).toBe('storefront-legal_guarantee-de-alt');
  expect(languageOfField('storefront-home-fr-title')).toBe('fr');
  expect(languageOfField('storefront-legal_guarantee-de-alt')).toBe('de');
  expect(languageOfField('storefront-header_menu-0-labels-fr')).toBeNull();
});

it('names an item by its label, or else by what it leads to', () => {
  const choices = { categories: [{ handle: 'mugs', name: 'Mugs' }], pages: [] };
  const names = FORM.header.map((item, index) => itemName(item, choices, index));
  expect(names).toEqual(['All products', 'Becher', 'Journal']);
  const item = emptyItem();
  expect(itemName({ ...item, category: 'mugs' }, choices, 0)).toBe('Mugs');
  expect(itemName({ ...item, kind: 'page', page: 'gone' }, choices, 0)).toBe('gone');
  expect(itemName(item, choices, 3)).toBe('Item 4');
});

it('says which items the shop does not show', () => {
  const choices = { categories: [{ handle: 'mugs', name: 'Mugs' }], pages: [] };
  const item = emptyItem();
  expect(leadsNowhere({ ...item, category: 'mugs' }, choices)).toBe(false);
  expect(leadsNowhere({ ...item, category: 'gone' }, choices)).toBe(true);
  expect(leadsNowhere({ ...item, category: 'gone' }, { ...choices, categories: null })).toBe(false);
  expect(leadsNowhere({ ...item, kind: 'page', page: 'gone' }, choices)).toBe(true);
  expect(leadsNowhere(item, choices)).toBe(false);
  expect(leadsNowhere({ ...item, kind: 'products', category: 'gone' }, choices)).toBe(false);
});
