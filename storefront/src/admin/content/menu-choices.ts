import { useOwnCategories } from '../../api/catalogue';
import type { PageSummary } from '../../api/types';
import { LANGUAGES } from '../../messages/language';
import { useMerchantText } from '../../messages/merchant-text';
import { MENU_TARGET } from '../messages/en';
import type { Texts } from '../components/by-language';
import type { GroupForm, ItemForm } from './storefront-form';

export interface Choice {
  handle: string;
  name: string;
}

export interface MenuChoices {
  /** Null while they are loading. */
  categories: readonly Choice[] | null;
  pages: readonly Choice[];
}

/** The targets of an item of a menu. */
export function useMenuChoices(pages: readonly PageSummary[]): MenuChoices {
  const { data: categories } = useOwnCategories();
  const textOf = useMerchantText();
  return {
    categories: categories?.items ?? null,
    pages: pages.map(({ handle, titles }) => ({ handle, name: textOf(titles) ?? handle })),
  };
}

function anyText(texts: Texts): string {
  return LANGUAGES.map((language) => texts[language].trim()).find((text) => text !== '') ?? '';
}

/** Names an item for its editor. */
export function itemName({ kind, category, page, url, labels }: ItemForm, choices: MenuChoices, index: number): string {
  const label = anyText(labels);
  if (label) return label;
  if (kind === 'products') return MENU_TARGET.products;
  if (kind === 'link') return url.trim() || `Item ${index + 1}`;
  const handle = kind === 'category' ? category : page;
  const known = kind === 'category' ? choices.categories : choices.pages;
  return known?.find((one) => one.handle === handle)?.name ?? (handle || `Item ${index + 1}`);
}

/** Returns whether the category or page was deleted, so that the shop does not show the item. */
export function leadsNowhere({ kind, category, page }: ItemForm, { categories, pages }: MenuChoices): boolean {
  return (kind === 'category' && isGone(category, categories)) || (kind === 'page' && isGone(page, pages));
}

export function groupName({ titles }: GroupForm, index: number): string {
  return anyText(titles) || `Group ${index + 1}`;
}

function isGone(handle: string, known: readonly Choice[] | null): boolean {
  return handle !== '' && known !== null && !known.some((one) => one.handle === handle);
}
