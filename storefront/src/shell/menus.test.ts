import { describe, expect, it } from 'vitest';
import type { Category, MenuGroup, MenuItem, MenuTarget, PageSummary } from '../api/types';
import { textIn } from '../messages/merchant-text';
import { footerMenu, headerMenu, isExternal, legalEntries, menuEntries, otherPageEntries, type MenuPlaces } from './menus';

const category = (handle: string, name: string, product_count = 1): Category => ({ handle, name, product_count, description: '', version: 1 }) as Category;
const page = (handle: string, titles: Record<string, string>, legal: PageSummary['legal'] = null): PageSummary =>
  ({ handle, titles, legal, updated_at: '2026-01-01T00:00:00Z' });

const PLACES: MenuPlaces = {
  allProducts: 'Alle Artikel',
  categories: [category('mugs', 'Becher'), category('bowls & more', 'Schalen'), category('empty', 'Leer', 0)],
  pages: [page('imprint', { en: 'Imprint', de: 'Impressum' }, 'imprint'), page('terms', { en: 'Terms' }, 'terms'), page('care', { de: 'Pflege' }), page('contact', { en: 'Contact' })],
  textOf: (texts) => textIn(texts, 'de', 'en-GB'),
};

const item = (target: MenuTarget, labels?: Record<string, string>): MenuItem => ({ target, ...(labels && { labels }) });

function otherLabels(menus: Parameters<typeof otherPageEntries>[0]): string[] {
  return otherPageEntries(menus, PLACES).map(({ label }) => label);
}

describe('the items of a menu', () => {
  it('have the name of their destination by default', () => {
    const items = [item({ kind: 'products' }), item({ kind: 'category', handle: 'bowls & more' }), item({ kind: 'page', handle: 'imprint' })];
    expect(menuEntries(items, PLACES)).toEqual([
      { label: 'Alle Artikel', to: '/products' },
      { label: 'Schalen', to: '/categories/bowls%20%26%20more' },
      { label: 'Impressum', to: '/pages/imprint' },
    ]);
  });

  it('have their own label in the language of the page', () => {
    const items = [item({ kind: 'page', handle: 'care' }, { en: 'Care', de: 'So pflegen Sie' }), item({ kind: 'link', url: 'https://blog.example' }, { en: 'Journal' })];
    expect(menuEntries(items, PLACES).map(({ label }) => label)).toEqual(['So pflegen Sie', 'Journal']);
  });

  it('are left out when their destination does not exist', () => {
    const unknown = { kind: 'video', handle: 'x' } as unknown as MenuTarget;
    const items = [item({ kind: 'category', handle: 'gone' }), item({ kind: 'page', handle: 'gone' }, { de: 'Weg' }), item(unknown, { de: 'Neu' })];
    expect(menuEntries(items, PLACES)).toEqual([]);
  });

  it('lead to paths of the shop and to https only', () => {
    const to = (url: string) => menuEntries([item({ kind: 'link', url }, { en: 'x' })], PLACES)[0]?.to;
    expect(to('/search?q=mug')).toBe('/search?q=mug');
    expect(to('https://example.com/')).toBe('https://example.com/');
    for (const url of ['javascript:alert(1)', 'http://example.com', '//example.com', String.raw`/\example.com`, 'products']) expect(to(url), url).toBeUndefined();
    expect(menuEntries([item({ kind: 'link', url: '/products' })], PLACES)).toEqual([]);
    expect([{ label: '', to: 'https://x' }, { label: '', to: '/x' }].map(isExternal)).toEqual([true, false]);
  });
});

describe('the menu of the header', () => {
  it('lists the categories that have products by default', () => {
    const labels = ['Alle Artikel', 'Becher', 'Schalen'];
    expect(headerMenu(undefined, PLACES).map(({ label }) => label)).toEqual(labels);
    expect(headerMenu({ header_menu: [], footer_menu: [] }, PLACES).map(({ label }) => label)).toEqual(labels);
  });

  it("is replaced by the merchant's", () => {
    expect(headerMenu({ header_menu: [item({ kind: 'category', handle: 'empty' })], footer_menu: [] }, PLACES)).toEqual([{ label: 'Leer', to: '/categories/empty' }]);
  });
});

describe('the groups of the footer', () => {
  it('are one with the categories by default', () => {
    expect(footerMenu(undefined, PLACES, 'Shop')).toEqual([{ title: 'Shop', entries: headerMenu(undefined, PLACES) }]);
    const many = { ...PLACES, categories: Array.from({ length: 9 }, (_, index) => category(`c${index}`, `C${index}`)) };
    expect(footerMenu(undefined, many, 'Shop')[0]?.entries).toHaveLength(6);
  });

  it("are the merchant's, without those that have nothing to show", () => {
    const footer_menu: MenuGroup[] = [
      { titles: { en: 'About us', de: 'Über uns' }, items: [item({ kind: 'page', handle: 'contact' }), item({ kind: 'page', handle: 'gone' })] },
      { titles: { en: 'Old' }, items: [item({ kind: 'page', handle: 'gone' })] },
    ];
    expect(footerMenu({ header_menu: [], footer_menu }, PLACES, 'Shop')).toEqual([{ title: 'Über uns', entries: [{ label: 'Contact', to: '/pages/contact' }] }]);
  });

  it('always list the legal pages, in the order of the API', () => {
    expect(legalEntries(PLACES)).toEqual([{ label: 'Impressum', to: '/pages/imprint' }, { label: 'Terms', to: '/pages/terms' }]);
  });

  it('list the pages that no menu has', () => {
    const header_menu = [item({ kind: 'page', handle: 'care' })];
    const footer_menu = [{ titles: { en: 'Help' }, items: [item({ kind: 'page', handle: 'contact' })] }];
    expect(otherLabels(undefined)).toEqual(['Pflege', 'Contact']);
    expect(otherLabels({ header_menu, footer_menu: [] })).toEqual(['Contact']);
    expect(otherLabels({ header_menu, footer_menu })).toEqual([]);
  });
});
