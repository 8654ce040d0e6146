import type { MenuGroup, MenuItem, MenuTarget, ProductImage, Storefront } from '../../api/types';
import type { FieldError } from '../../components/Field';
import { LANGUAGES, type Language } from '../../messages/language';
import type { StorefrontDraft } from '../api/types';
import { LANGUAGE } from '../messages/en';
import { newKey } from '../products/product-form';
import { eachLanguage, hasText, NO_TEXTS, textsDraft, textsForm, type Texts } from '../components/by-language';
import { isColour } from './colour';

export const MAX_MENU_ITEMS = 20;
export const MAX_FOOTER_GROUPS = 4;

/** An item of a menu as it is edited. What its kind does not need stays, in case the kind is changed back. */
export interface ItemForm {
  key: string;
  kind: MenuTarget['kind'];
  category: string;
  page: string;
  url: string;
  labels: Texts;
}

export interface GroupForm {
  key: string;
  titles: Texts;
  items: readonly ItemForm[];
}

interface HomeForm {
  title: string;
  lead: string;
}

interface GuaranteeForm {
  image: ProductImage | null;
  text: string;
}

export interface StorefrontForm {
  logo: ProductImage | null;
  /** Empty for the default. */
  accent: string;
  home: Readonly<Record<Language, HomeForm>>;
  header: readonly ItemForm[];
  footer: readonly GroupForm[];
  guarantee: Readonly<Record<Language, GuaranteeForm>>;
}

export function emptyItem(): ItemForm {
  return { key: newKey(), kind: 'category', category: '', page: '', url: '', labels: NO_TEXTS };
}

export function emptyGroup(): GroupForm {
  return { key: newKey(), titles: NO_TEXTS, items: [] };
}

export function storefrontForm({ logo, accent, home, header_menu, footer_menu, legal_guarantee = {} }: Storefront): StorefrontForm {
  return {
    logo: logo ?? null,
    accent: accent ?? '',
    home: eachLanguage((language) => ({ title: home[language]?.title ?? '', lead: home[language]?.lead ?? '' })),
    header: header_menu.map(itemForm),
    footer: footer_menu.map(({ titles, items }) => ({ key: newKey(), titles: textsForm(titles), items: items.map(itemForm) })),
    guarantee: eachLanguage((language) => ({ image: legal_guarantee[language] ?? null, text: legal_guarantee[language]?.alt ?? '' })),
  };
}

function itemForm({ labels, target }: MenuItem): ItemForm {
  return {
    key: newKey(),
    kind: target.kind,
    category: target.kind === 'category' ? target.handle : '',
    page: target.kind === 'page' ? target.handle : '',
    url: target.kind === 'link' ? target.url : '',
    labels: textsForm(labels),
  };
}

/** The id of the field that an error of the server is about: `/home/de/title` is `storefront-home-de-title`. */
export function fieldId(pointer: string): string {
  return `storefront${fieldPointer(pointer).replaceAll('/', '-')}`;
}

/** Errors about something that has no field of its own are shown at its first field. */
function fieldPointer(pointer: string): string {
  if (/\/(?:labels|titles)$/.test(pointer)) return `${pointer}/${LANGUAGES[0]}`;
  if (/^\/home\/\w+$/.test(pointer)) return `${pointer}/title`;
  if (/^\/legal_guarantee\/\w+$/.test(pointer)) return `${pointer}/alt`;
  if (pointer.endsWith('/target')) return `${pointer}/kind`;
  if (/^\/footer_menu\/\d+$/.test(pointer)) return `${pointer}/titles/${LANGUAGES[0]}`;
  return /\/(?:header_menu|items)\/\d+$/.test(pointer) ? `${pointer}/target/kind` : pointer;
}

/** Returns the language of a field that tabs show, or null for any other field. */
export function languageOfField(id: string): Language | null {
  return LANGUAGES.find((language) => ['home', 'legal_guarantee'].some((part) => id.startsWith(`storefront-${part}-${language}-`))) ?? null;
}

export function checkStorefront({ accent, home, header, footer, guarantee }: StorefrontForm): FieldError[] {
  const errors: FieldError[] = [];
  const report = (pointer: string, message: string) => errors.push({ field: fieldId(pointer), message });
  if (accent.trim() && !isColour(accent)) report('/accent', 'Enter a colour such as #0f5a47, or nothing.');
  for (const language of LANGUAGES) {
    const { title, lead } = home[language];
    if (lead.trim() && !title.trim()) report(`/home/${language}/title`, `Enter the ${LANGUAGE[language]} heading above the text.`);
    const { image, text } = guarantee[language];
    if (image && !text.trim()) report(`/legal_guarantee/${language}/alt`, `Enter the text of the ${LANGUAGE[language]} notice.`);
    if (!image && text.trim()) report(`/legal_guarantee/${language}/url`, `Upload the ${LANGUAGE[language]} notice, or remove its text.`);
  }
  const checkItems = (items: readonly ItemForm[], at: string, where: string) => items.forEach((item, index) => {
    const which = `item ${index + 1} of ${where}`;
    if (item.kind === 'category' && !item.category) report(`${at}/${index}/target/handle`, `Choose the category of ${which}.`);
    if (item.kind === 'page' && !item.page) report(`${at}/${index}/target/handle`, `Choose the page of ${which}.`);
    if (item.kind === 'link' && !isLink(item.url)) report(`${at}/${index}/target/url`, `Enter the link of ${which}: a path such as /search?q=mug, or an address that begins with https://.`);
    if (item.kind === 'link' && !hasText(item.labels)) report(`${at}/${index}/labels`, `Enter a label for ${which} in at least one language.`);
  });
  checkItems(header, '/header_menu', 'the menu');
  footer.forEach(({ titles, items }, index) => {
    if (!hasText(titles)) report(`/footer_menu/${index}/titles`, `Enter the heading of footer group ${index + 1} in at least one language.`);
    checkItems(items, `/footer_menu/${index}/items`, `footer group ${index + 1}`);
  });
  return errors;
}

/** Two slashes begin the address of another site. */
function isLink(url: string): boolean {
  return /^(?:https:\/\/[^\s/]\S*|\/(?![/\\])\S*)$/.test(url.trim());
}

export function storefrontDraft({ logo, accent, home, header, footer, guarantee }: StorefrontForm, version: number): StorefrontDraft {
  const notices = LANGUAGES.flatMap((language) => {
    const { image, text } = guarantee[language];
    return image ? [[language, { ...image, alt: text.trim() }] as const] : [];
  });
  const greeted = LANGUAGES.filter((language) => home[language].title.trim() !== '');
  return {
    version,
    logo,
    accent: accent.trim().toLowerCase() || null,
    home: Object.fromEntries(greeted.map((language) => [language, { title: home[language].title.trim(), lead: home[language].lead.trim() }])),
    header_menu: header.map(menuItem),
    footer_menu: footer.map(({ titles, items }): MenuGroup => ({ titles: textsDraft(titles), items: items.map(menuItem) })),
    legal_guarantee: Object.fromEntries(notices),
  };
}

function menuItem({ labels, ...item }: ItemForm): MenuItem {
  return { labels: textsDraft(labels), target: menuTarget(item) };
}

function menuTarget({ kind, category, page, url }: Omit<ItemForm, 'labels'>): MenuTarget {
  switch (kind) {
    case 'products':
      return { kind };
    case 'category':
      return { kind, handle: category };
    case 'page':
      return { kind, handle: page };
    case 'link':
      return { kind, url: url.trim() };
  }
}
