import { pathOfPage } from '../api/storefront';
import type { Category, MenuItem, MenuTarget, PageSummary, Storefront } from '../api/types';
import type { ByLanguage } from '../messages/merchant-text';

export interface MenuEntry {
  label: string;
  /** A path of the shop, or a URL that begins with `https://`. */
  to: string;
}

export interface MenuSection {
  title: string;
  entries: MenuEntry[];
}

/** The targets of menus, with their names in the language of the page. */
export interface MenuPlaces {
  allProducts: string;
  categories: readonly Category[];
  pages: readonly PageSummary[];
  textOf: (texts: ByLanguage<string>) => string | undefined;
}

type Menus = Pick<Storefront, 'header_menu' | 'footer_menu'>;

/** Paths that the server answers itself, such as a file. The router would show that the page is missing. */
const SERVED = /^\/(?:admin|api|feeds|mailbox|media)(?:\/|$)/;

export function isExternal({ to }: MenuEntry): boolean {
  return to.startsWith('https://') || SERVED.test(to);
}

function categoryPath(handle: string): string {
  return `/categories/${encodeURIComponent(handle)}`;
}

/** Returns the destination with its own name, or null if it does not exist. */
function placeOf(target: MenuTarget, { allProducts, categories, pages, textOf }: MenuPlaces): { to: string; name: string | undefined } | null {
  switch (target.kind) {
    case 'products':
      return { to: '/products', name: allProducts };
    case 'category': {
      const category = categories.find(({ handle }) => handle === target.handle);
      return category ? { to: categoryPath(category.handle), name: category.name } : null;
    }
    case 'page': {
      const page = pages.find(({ handle }) => handle === target.handle);
      return page ? { to: pathOfPage(page.handle), name: textOf(page.titles) } : null;
    }
    case 'link':
      // Two slashes begin the address of another site.
      return /^(?:https:\/\/|\/(?![/\\]))/.test(target.url) ? { to: target.url, name: undefined } : null;
    default:
      // A newer server may have other kinds.
      return null;
  }
}

/** Returns the items to show: those whose destination exists. */
export function menuEntries(items: readonly MenuItem[], places: MenuPlaces): MenuEntry[] {
  return items.flatMap(({ labels = {}, target }) => {
    const place = placeOf(target, places);
    const label = places.textOf(labels) ?? place?.name;
    return place && label ? [{ label, to: place.to }] : [];
  });
}

/** The menu of a shop whose merchant has made none: all products, and the categories that have some. */
function defaultMenu({ allProducts, categories }: MenuPlaces): MenuEntry[] {
  const filled = categories.filter(({ product_count }) => product_count > 0);
  return [{ label: allProducts, to: '/products' }, ...filled.map(({ handle, name }) => ({ label: name, to: categoryPath(handle) }))];
}

export function headerMenu(menus: Menus | undefined, places: MenuPlaces): MenuEntry[] {
  return menus && menus.header_menu.length > 0 ? menuEntries(menus.header_menu, places) : defaultMenu(places);
}

const DEFAULT_FOOTER_ENTRIES = 6;

/** The groups of the footer that lead to products and to what the merchant chose. */
export function footerMenu(menus: Menus | undefined, places: MenuPlaces, shopTitle: string): MenuSection[] {
  if (!menus || menus.footer_menu.length === 0) return [{ title: shopTitle, entries: defaultMenu(places).slice(0, DEFAULT_FOOTER_ENTRIES) }];
  return menus.footer_menu
    .map(({ titles, items }) => ({ title: places.textOf(titles) ?? '', entries: menuEntries(items, places) }))
    .filter(({ entries }) => entries.length > 0);
}

export function legalEntries({ pages, textOf }: MenuPlaces): MenuEntry[] {
  return pages.filter(({ legal }) => legal).map((page) => pageEntry(page, textOf));
}

/** The pages that would be found nowhere: neither a legal page nor in a menu. */
export function otherPageEntries(menus: Menus | undefined, { pages, textOf }: MenuPlaces): MenuEntry[] {
  const items = menus ? [...menus.header_menu, ...menus.footer_menu.flatMap((group) => group.items)] : [];
  const listed = new Set(items.map(({ target }) => (target.kind === 'page' ? target.handle : null)));
  return pages.filter(({ handle, legal }) => !legal && !listed.has(handle)).map((page) => pageEntry(page, textOf));
}

function pageEntry({ handle, titles }: PageSummary, textOf: MenuPlaces['textOf']): MenuEntry {
  return { label: textOf(titles) ?? handle, to: pathOfPage(handle) };
}
