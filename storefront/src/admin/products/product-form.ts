import { parseMajor, toInputText } from '../../money/money';
import type { FieldError } from '../../components/Field';
import type { Oversell, ProductDraft, ProductStatus, VariantDraft, WithdrawalException } from '../api/types';
import { parseCount } from '../components/numbers';
import { checkSafety, NO_SAFETY, safetyDraft, safetyForm, type SafetyForm } from './safety-form';
import { NO_TRANSLATIONS, translationDrafts, translationForms, type TranslationForms } from './translation-form';

/** The editor's state: what is typed, before it is a product. */
export interface ProductForm {
  title: string;
  handle: string;
  description: string;
  status: ProductStatus;
  vendor: string;
  category: string;
  tags: string;
  taxClass: string;
  seoTitle: string;
  seoDescription: string;
  googleCategory: string;
  withdrawalException: WithdrawalException | '';
  safety: SafetyForm;
  optionNames: string[];
  images: ImageForm[];
  variants: VariantForm[];
  translations: TranslationForms;
}

export interface ImageForm {
  /** Identifies the image in the editor: variants refer to it. */
  key: string;
  url: string;
  alt: string;
}

export interface VariantForm {
  key: string;
  sku: string;
  optionValues: string[];
  price: string;
  compareAt: string;
  cost: string;
  weight: string;
  barcode: string;
  oversell: Oversell;
  requiresShipping: boolean;
  /** The key of an image, or empty. */
  image: string;
  /** Only a new variant has an initial stock; later changes are stock adjustments. */
  isNew: boolean;
  stock: string;
  /** The content of one unit and what the unit price is for, such as "250 g" and "1 kg". */
  content: string;
  per: string;
}

export const MAX_OPTIONS = 3;

let keys = 0;

/** Returns a key that no other part of the editor has. */
export function newKey(): string {
  keys += 1;
  return `new-${keys}`;
}

export function emptyVariant(optionCount: number): VariantForm {
  return {
    key: newKey(), sku: '', optionValues: Array<string>(optionCount).fill(''), price: '', compareAt: '', cost: '', weight: '', barcode: '',
    oversell: 'deny', requiresShipping: true, image: '', isNew: true, stock: '', content: '', per: '',
  };
}

export function emptyProduct(): ProductForm {
  return {
    title: '', handle: '', description: '', status: 'draft', vendor: '', category: '', tags: '', taxClass: 'standard', seoTitle: '',
    seoDescription: '', googleCategory: '', withdrawalException: '', safety: NO_SAFETY, optionNames: [], images: [], variants: [emptyVariant(0)], translations: NO_TRANSLATIONS,
  };
}

export function productForm(handle: string, draft: ProductDraft, currency: string): ProductForm {
  const images = (draft.images ?? []).map(({ url, alt }, index) => ({ key: `image-${index}`, url, alt: alt ?? '' }));
  return {
    title: draft.title,
    handle,
    description: draft.description_html ?? '',
    status: draft.status ?? 'active',
    vendor: draft.vendor ?? '',
    category: draft.category ?? '',
    tags: (draft.tags ?? []).join(', '),
    taxClass: draft.tax_class ?? 'standard',
    seoTitle: draft.seo_title ?? '',
    seoDescription: draft.seo_description ?? '',
    googleCategory: draft.google_category ?? '',
    withdrawalException: draft.withdrawal_exception ?? '',
    safety: safetyForm(draft.safety),
    optionNames: (draft.options ?? []).map(({ name }) => name),
    images,
    variants: draft.variants.map((variant, index) => ({
      key: `variant-${index}`,
      sku: variant.sku,
      optionValues: [...(variant.option_values ?? [])],
      price: toInputText(variant.price, currency),
      compareAt: optionalAmount(variant.compare_at_price, currency),
      cost: optionalAmount(variant.cost, currency),
      weight: variant.weight_grams ? String(variant.weight_grams) : '',
      barcode: variant.barcode ?? '',
      oversell: variant.oversell ?? 'deny',
      requiresShipping: variant.requires_shipping ?? true,
      image: typeof variant.image === 'number' ? (images[variant.image]?.key ?? '') : '',
      isNew: false,
      stock: '',
      content: variant.unit_measure?.content ?? '',
      per: variant.unit_measure?.per ?? '',
    })),
    translations: translationForms(draft.translations),
  };
}

/** Returns the form with what was typed while the product was saved. Its address and the stock of its variants are now decided. */
export function formAfterSaving(typed: ProductForm, saved: ProductForm): ProductForm {
  const skus = new Set(saved.variants.map(({ sku }) => sku));
  return {
    ...typed,
    handle: saved.handle,
    variants: typed.variants.map((variant) => (skus.has(variant.sku.trim()) ? { ...variant, isNew: false, stock: '' } : variant)),
  };
}

function optionalAmount(minor: number | null | undefined, currency: string): string {
  return typeof minor === 'number' ? toInputText(minor, currency) : '';
}

/** The id of the field that shows the server's error about a part of the product: `/variants/0/price` is `product-variants-0-price`. */
export function fieldId(pointer: string): string {
  return `product${pointer.replaceAll('/', '-')}`;
}

export function checkProduct(form: ProductForm, currency: string): FieldError[] {
  const errors: FieldError[] = [];
  const report = (pointer: string, message: string) => errors.push({ field: fieldId(pointer), message });
  if (form.title.trim() === '') report('/title', 'Enter a title.');
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(form.handle)) report('/handle', 'The address may have small letters, digits and single hyphens.');
  for (const { pointer, message } of checkSafety(form.safety)) report(pointer, message);
  form.optionNames.forEach((name, index) => {
    if (name.trim() === '') report(`/options/${index}/name`, `Enter a name for option ${index + 1}.`);
  });
  form.variants.forEach((variant, index) => {
    const at = `/variants/${index}`;
    const which = form.variants.length === 1 ? '' : ` of variant ${index + 1}`;
    if (variant.sku.trim() === '') report(`${at}/sku`, `Enter the SKU${which}.`);
    if (parseMajor(variant.price, currency) === null) report(`${at}/price`, `Enter the price${which} in ${currency}.`);
    for (const [name, text, label] of [['compare_at_price', variant.compareAt, 'former price'], ['cost', variant.cost, 'cost']] as const) {
      if (text.trim() && parseMajor(text, currency) === null) report(`${at}/${name}`, `The ${label}${which} is not an amount in ${currency}.`);
    }
    if (variant.weight.trim() && parseCount(variant.weight) === null) report(`${at}/weight_grams`, `The weight${which} must be in whole grams.`);
    if (variant.isNew && variant.stock.trim() && parseCount(variant.stock) === null) report(`${at}/stock`, `The stock${which} must be a whole number.`);
    if ((variant.content.trim() === '') !== (variant.per.trim() === '')) report(`${at}/unit_measure/content`, `Enter both parts of the unit price${which}, or neither.`);
    variant.optionValues.forEach((value, option) => {
      if (value.trim() === '') report(`${at}/option_values/${option}`, `Enter the ${form.optionNames[option] || 'option'}${which}.`);
    });
  });
  return errors;
}

/** Builds the product. `before` keeps what the editor does not show, such as fields of other systems. */
export function productDraft(form: ProductForm, before: ProductDraft | null, currency: string): ProductDraft {
  return {
    ...before,
    title: form.title.trim(),
    description_html: form.description,
    status: form.status,
    vendor: form.vendor.trim(),
    category: form.category || null,
    tags: [...new Set(form.tags.split(',').map((tag) => tag.trim()).filter(Boolean))],
    tax_class: form.taxClass.trim() || 'standard',
    seo_title: form.seoTitle.trim() || null,
    seo_description: form.seoDescription.trim(),
    google_category: form.googleCategory.trim() || null,
    withdrawal_exception: form.withdrawalException || null,
    safety: safetyDraft(form.safety),
    options: form.optionNames.map((name, index) => ({ name: name.trim(), values: optionValues(form, before, index) })),
    images: form.images.map(({ url, alt }) => ({ url, alt: alt.trim() })),
    variants: form.variants.map((variant) => variantDraft(variant, form.images, currency)),
    translations: translationDrafts(form),
  };
}

/** Lists the values that the variants have: known ones in their order, then new ones. */
function optionValues(form: ProductForm, before: ProductDraft | null, index: number): string[] {
  const used = new Set(form.variants.map(({ optionValues }) => (optionValues[index] ?? '').trim()));
  const known = before?.options?.[index]?.values.filter((value) => used.has(value)) ?? [];
  return [...new Set([...known, ...used])];
}

function variantDraft(variant: VariantForm, images: readonly ImageForm[], currency: string): VariantDraft {
  const amount = (text: string) => (text.trim() ? parseMajor(text, currency) : null);
  const image = images.findIndex(({ key }) => key === variant.image);
  return {
    sku: variant.sku.trim(),
    option_values: variant.optionValues.map((value) => value.trim()),
    price: parseMajor(variant.price, currency) ?? 0,
    compare_at_price: amount(variant.compareAt),
    cost: amount(variant.cost),
    weight_grams: parseCount(variant.weight) ?? 0,
    barcode: variant.barcode.trim() || null,
    oversell: variant.oversell,
    requires_shipping: variant.requiresShipping,
    image: image < 0 ? null : image,
    unit_measure: variant.content.trim() ? { content: variant.content.trim(), per: variant.per.trim() } : null,
    stock: variant.isNew ? (parseCount(variant.stock) ?? 0) : null,
  };
}

/** Suggests the address of a product from its title. */
export function handleFor(title: string): string {
  return title.replaceAll('ß', 'ss').normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 100);
}

/** Returns the list with one element moved by `step` places. */
export function moved<T>(list: readonly T[], index: number, step: -1 | 1): T[] {
  const next = [...list];
  const other = index + step;
  const [a, b] = [next[index], next[other]];
  if (a === undefined || b === undefined) return next;
  next[index] = b;
  next[other] = a;
  return next;
}
