import { describe, expect, it } from 'vitest';
import type { ProductDraft } from '../api/types';
import { checkProduct, emptyProduct, emptyVariant, fieldId, formAfterSaving, handleFor, moved, productDraft, productForm } from './product-form';

const DRAFT: ProductDraft = {
  title: 'Kettle', description_html: '<p>A kettle</p>', vendor: 'Pinwhistle', category: 'kitchen', tags: ['tea', 'coffee'], status: 'active',
  tax_class: 'standard', options: [{ name: 'Finish', values: ['Steel', 'Black'] }],
  variants: [
    { sku: 'K-S', option_values: ['Steel'], price: 8900, compare_at_price: null, weight_grams: 920, oversell: 'deny', barcode: null, image: null, cost: 4000, requires_shipping: true, unit_measure: null, stock: null },
    { sku: 'K-B', option_values: ['Black'], price: 9550, compare_at_price: 9900, weight_grams: 0, oversell: 'continue', barcode: '123', image: 1, cost: null, requires_shipping: true, unit_measure: { content: '1 item', per: '1 item' }, stock: null },
  ],
  images: [{ url: '/media/a.png', alt: 'Steel' }, { url: '/media/b.png', alt: '' }],
  seo_title: null, seo_description: '', withdrawal_exception: 'sealed_hygiene', standard_category: 'x/y', google_category: null, metafields: { 'a (b)': 'c' }, version: 3,
  safety: { manufacturer: { name: 'Nordlicht GmbH', address: 'Hafenstr. 1\n20095 Hamburg', contact: '' }, warnings: 'Hot.' },
  translations: {
    de: { title: 'Kessel', texts: { Finish: 'Oberfläche', Steel: 'Stahl', tea: 'Tee' } },
    fr: { description_html: '<p>Une bouilloire</p>', safety_warnings: 'Chaud.' },
  },
};

describe('the form of a product', () => {
  it('changes nothing that was not changed', () => {
    expect(productDraft(productForm('kettle', DRAFT, 'USD'), DRAFT, 'USD')).toEqual(DRAFT);
  });

  it('keeps the picture of a variant when pictures change places', () => {
    const form = productForm('kettle', DRAFT, 'USD');
    const draft = productDraft({ ...form, images: moved(form.images, 1, -1) }, DRAFT, 'USD');
    expect(draft.images?.[0]?.url).toBe('/media/b.png');
    expect(draft.variants[1]?.image).toBe(0);
    const without = productDraft({ ...form, images: form.images.slice(0, 1) }, DRAFT, 'USD');
    expect(without.variants[1]?.image).toBeNull();
  });

  it('leaves out translations of texts that the product no longer has', () => {
    const form = productForm('kettle', DRAFT, 'USD');
    const draft = productDraft({ ...form, tags: 'coffee', optionNames: ['Surface'] }, DRAFT, 'USD');
    expect(draft.translations?.de?.texts).toEqual({ Steel: 'Stahl' });
  });

  it('lists the values of options as the variants have them', () => {
    const form = productForm('kettle', DRAFT, 'USD');
    const [steel, black] = form.variants;
    if (!steel || !black) throw new Error('two variants');
    const draft = productDraft({ ...form, variants: [{ ...steel, optionValues: ['Copper'] }, black] }, DRAFT, 'USD');
    expect(draft.options).toEqual([{ name: 'Finish', values: ['Black', 'Copper'] }]);
  });

  it('reads amounts in minor units, and stock of new variants only', () => {
    const form = emptyProduct();
    const [variant] = form.variants;
    if (!variant) throw new Error('one variant');
    const draft = productDraft({ ...form, title: ' Mug ', tags: 'a, b,,a', variants: [{ ...variant, sku: 'M', price: '12,5', stock: '7' }] }, null, 'EUR');
    expect(draft).toMatchObject({ title: 'Mug', tags: ['a', 'b'], variants: [{ price: 1250, stock: 7, compare_at_price: null }] });
  });
});

it('keeps what was typed while the product was saved', () => {
  const saved = productForm('kettle', DRAFT, 'USD');
  const variants = [{ ...emptyVariant(1), sku: ' K-S', stock: '5' }, { ...emptyVariant(1), sku: 'K-C', stock: '2' }];
  const form = formAfterSaving({ ...saved, title: 'Kettle 2', handle: 'kettle-2', variants }, saved);
  expect(form).toMatchObject({ title: 'Kettle 2', handle: 'kettle', variants: [{ isNew: false, stock: '' }, { isNew: true, stock: '2' }] });
});

describe('checkProduct', () => {
  it('accepts a product of the server', () => {
    expect(checkProduct(productForm('kettle', DRAFT, 'USD'), 'USD')).toEqual([]);
  });

  it('reports what is missing, at its field', () => {
    const fields = checkProduct(emptyProduct(), 'USD').map(({ field }) => field);
    expect(fields).toEqual(['product-title', 'product-handle', 'product-variants-0-sku', 'product-variants-0-price']);
    expect(fieldId('/variants/0/unit_measure/content')).toBe('product-variants-0-unit_measure-content');
  });

  it('refuses amounts with too many digits', () => {
    const form = productForm('kettle', DRAFT, 'JPY');
    expect(checkProduct({ ...form, variants: form.variants.map((variant) => ({ ...variant, price: '89.5', compareAt: '', cost: '' })) }, 'JPY')).toHaveLength(2);
  });
});

describe('the safety information', () => {
  const form = productForm('kettle', DRAFT, 'USD');
  const nobody = { name: '', address: '', contact: '' };

  it('is null when nothing was entered', () => {
    const draft = productDraft({ ...form, withdrawalException: '', safety: { manufacturer: { ...nobody, name: ' ' }, responsiblePerson: nobody, warnings: '' } }, DRAFT, 'USD');
    expect(draft).toMatchObject({ withdrawal_exception: null, safety: null });
  });

  it('needs a name for each operator that has an address or a contact', () => {
    const safety = { manufacturer: { ...nobody, address: 'Hafenstr. 1' }, responsiblePerson: { ...nobody, contact: 'a@b.example' }, warnings: '' };
    const fields = checkProduct({ ...form, safety }, 'USD').map(({ field }) => field);
    expect(fields).toEqual(['product-safety-manufacturer-name', 'product-safety-responsible_person-name']);
  });
});

it('suggests an address', () => {
  expect(handleFor('  Pour-Over Kettle, Größe 2! ')).toBe('pour-over-kettle-grosse-2');
  expect(handleFor('Café crème')).toBe('cafe-creme');
});

it('moves within the list only', () => {
  expect(moved(['a', 'b', 'c'], 1, -1)).toEqual(['b', 'a', 'c']);
  expect(moved(['a', 'b'], 0, -1)).toEqual(['a', 'b']);
});
