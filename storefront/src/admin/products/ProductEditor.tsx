import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type FormEvent } from 'react';
import { productPath, useOwnCategories } from '../../api/catalogue';
import { api } from '../../api/client';
import { ApiError, isProblem, isStatus } from '../../api/problem';
import type { Product } from '../../api/types';
import { Button } from '../../components/Button';
import { ErrorSummary, SelectField, TextArea, TextField } from '../../components/Field';
import { Callout } from '../../components/States';
import { useNavigate } from '../../router/hooks';
import { refreshPaths } from '../api/query-client';
import type { ProductDraft, ProductStatus } from '../api/types';
import { useShownLanguage } from '../components/LanguageTabs';
import { Card, Columns, Page } from '../components/Page';
import { SaveBar } from '../components/SaveBar';
import { StatusBadge } from '../components/StatusBadge';
import { UnsavedGuard } from '../components/UnsavedGuard';
import { useSubmit } from '../components/use-submit';
import { PRODUCT_STATUS } from '../messages/en';
import { useCan } from '../shell/permissions';
import { ConsumerLawEditor } from './ConsumerLawEditor';
import { DeleteProduct } from './DeleteProduct';
import { ImagesEditor, type EditorProps } from './ImagesEditor';
import { OptionsEditor } from './OptionsEditor';
import { checkProduct, fieldId, formAfterSaving, handleFor, productDraft, productForm, type ProductForm } from './product-form';
import styles from './Products.module.css';
import { SearchPreview } from './SearchPreview';
import { languageOfField } from './translation-form';
import { TranslationsEditor } from './TranslationsEditor';
import { VariantsEditor } from './VariantsEditor';

interface ProductEditorProps {
  initial: ProductForm;
  /** The product as it is stored; null for a new one. */
  before: ProductDraft | null;
  currency: string;
  onReload?: () => void;
}

export function ProductEditor({ initial, before, currency, onReload }: ProductEditorProps) {
  const can = useCan();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { data: categories } = useOwnCategories();
  const [stored, setStored] = useState({ form: initial, draft: before });
  const [form, setForm] = useState(initial);
  const [deleted, setDeleted] = useState(false);
  const shown = useShownLanguage('de', languageOfField);
  const isNew = stored.draft === null;
  const save = useMutation({
    mutationFn: async (draft: ProductDraft) => {
      if (isNew) await requireUnusedHandle(form.handle);
      try {
        await api.put<Product>(productPath(form.handle), draft, { as: 'account' });
      } catch (error) {
        throw skuConflict(error, draft) ?? error;
      }
      // The server cleans the description and counts the version.
      return api.get<ProductDraft>(`${productPath(form.handle)}/draft`, { as: 'account' });
    },
  });
  const submit = useSubmit(save, {
    fields: fieldId,
    done: isNew ? 'The product is created.' : 'Saved.',
    onDone: (draft) => {
      const next = productForm(form.handle, draft, currency);
      setStored({ form: next, draft });
      setForm((now) => (now === form ? next : formAfterSaving(now, next)));
      void refreshPaths(client, '/api/v1/products?', '/api/v1/products/suggest', '/api/v1/unpublished-products', '/api/v1/categories', '/api/v1/stock');
    },
  });
  const readOnly = !can('products:write');
  const dirty = !readOnly && !deleted && JSON.stringify(form) !== JSON.stringify(stored.form);
  useEffect(() => {
    // Only once the form is no longer dirty, or the guard would ask.
    if (dirty) return;
    if (deleted) void navigate('/products', { replace: true });
    else if (before === null && stored.draft) void navigate(`/products/${encodeURIComponent(stored.form.handle)}`, { replace: true });
  }, [before, deleted, dirty, stored, navigate]);
  const set: EditorProps['set'] = (change) => setForm((now) => ({ ...now, ...(typeof change === 'function' ? change(now) : change) }));
  const text = (name: 'title' | 'handle' | 'vendor' | 'tags' | 'taxClass' | 'seoTitle' | 'googleCategory', pointer: string) => ({
    id: fieldId(pointer),
    value: form[name],
    error: submit.errorOf(fieldId(pointer)),
    onChange: (event: { target: { value: string } }) => set({ [name]: event.target.value }),
  });

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    submit.submit(productDraft(form, stored.draft, currency), checkProduct(form, currency));
  };

  return (
    <Page
      title={isNew ? 'New product' : stored.form.title}
      mark={!isNew && <StatusBadge status={PRODUCT_STATUS[stored.form.status]} />}
      back={{ to: '/products', label: 'Products' }}
      actions={!isNew && (
        <>
          {stored.form.status === 'active' && <a href={`/products/${encodeURIComponent(stored.form.handle)}`}>View in shop</a>}
          {!readOnly && <DeleteProduct handle={stored.form.handle} title={stored.form.title} onDeleted={() => setDeleted(true)} />}
        </>
      )}
    >
      <UnsavedGuard dirty={dirty} />
      {readOnly && <Callout kind="warn">Your role can look at products, but not change them.</Callout>}
      {isProblem(save.error, 'stale-version') && onReload && (
        <Callout kind="warn">
          <p>Somebody else has saved this product in the meantime. Load their version, and make your changes again.</p>
          <Button look="secondary" size="small" onClick={onReload}>Load the current version</Button>
        </Callout>
      )}
      <form className={styles.form} onSubmit={onSubmit} onClickCapture={shown.onClickCapture} noValidate>
        <ErrorSummary errors={submit.errors} />
        <fieldset disabled={readOnly} className={styles.form}>
          <legend className="visually-hidden">Product</legend>
          <Columns
            main={
              <>
                <Card title="Basics">
                  <TextField
                    {...text('title', '/title')}
                    label="Title"
                    required
                    maxLength={255}
                    onChange={(event) => set({
                      title: event.target.value,
                      // The address follows the title until it is edited.
                      ...(isNew && form.handle === handleFor(form.title) && { handle: handleFor(event.target.value) }),
                    })}
                  />
                  <TextArea id={fieldId('/description_html')} label="Description" optional hint="HTML: paragraphs, lists, headings, links and tables. Anything unsafe is removed." rows={8} maxLength={65535} value={form.description} error={submit.errorOf(fieldId('/description_html'))} onChange={(event) => set({ description: event.target.value })} />
                </Card>
                <ImagesEditor form={form} set={set} errorOf={submit.errorOf} />
              </>
            }
            side={
              <>
                <Card title="Status">
                  <SelectField id={fieldId('/status')} label="Visibility" value={form.status} hint={PRODUCT_STATUS[form.status].text} onChange={(event) => set({ status: event.target.value as ProductStatus })}>
                    {(Object.keys(PRODUCT_STATUS) as ProductStatus[]).map((status) => <option key={status} value={status}>{PRODUCT_STATUS[status].label}</option>)}
                  </SelectField>
                </Card>
                <Card title="Organisation">
                  <SelectField id={fieldId('/category')} label="Category" value={form.category} error={submit.errorOf(fieldId('/category'))} onChange={(event) => set({ category: event.target.value })}>
                    <option value="">None</option>
                    {form.category && !categories?.items.some(({ handle }) => handle === form.category) && <option value={form.category}>{form.category}</option>}
                    {categories?.items.map(({ handle, name }) => <option key={handle} value={handle}>{name}</option>)}
                  </SelectField>
                  <TextField {...text('vendor', '/vendor')} label="Brand" optional maxLength={255} />
                  <TextField {...text('tags', '/tags')} label="Tags" optional hint="Separated by commas." />
                  <TextField {...text('taxClass', '/tax_class')} label="Tax class" hint="As in the tax rates, such as standard." maxLength={60} />
                </Card>
                <Card title="Search engines">
                  <SearchPreview form={form} />
                  <TextField {...text('handle', '/handle')} label="Address" required readOnly={!isNew} hint={isNew ? 'The end of the link, such as pour-over-kettle.' : "The address can't be changed later."} maxLength={120} />
                  <TextField {...text('seoTitle', '/seo_title')} label="Page title" optional hint="Default: the title." maxLength={255} />
                  <TextArea id={fieldId('/seo_description')} label="Description for search engines" optional rows={3} maxLength={1000} value={form.seoDescription} error={submit.errorOf(fieldId('/seo_description'))} onChange={(event) => set({ seoDescription: event.target.value })} />
                  <TextField {...text('googleCategory', '/google_category')} label="Google product category" optional maxLength={500} />
                </Card>
              </>
            }
          />
          <OptionsEditor form={form} set={set} errorOf={submit.errorOf} />
          <VariantsEditor form={form} set={set} errorOf={submit.errorOf} currency={currency} />
          <ConsumerLawEditor form={form} set={set} errorOf={submit.errorOf} />
          <TranslationsEditor form={form} set={set} errorOf={submit.errorOf} errors={submit.errors} language={shown.language} onLanguage={shown.setLanguage} />
        </fieldset>
        {!readOnly && <SaveBar dirty={dirty} busy={submit.busy} label={isNew ? 'Create product' : 'Save'} onDiscard={() => setForm(stored.form)} />}
      </form>
    </Page>
  );
}

/** A SKU of another product is reported by its name: this finds its field. */
function skuConflict(error: unknown, { variants }: ProductDraft): ApiError | null {
  if (!isProblem(error, 'conflict') || typeof error.body.sku !== 'string') return null;
  const index = variants.findIndex(({ sku }) => sku === error.body.sku);
  return index < 0 ? null : new ApiError({ ...error.body, errors: [{ pointer: `/variants/${index}/sku`, detail: error.message }] });
}

/** PUT would replace a product that has the address already. */
async function requireUnusedHandle(handle: string): Promise<void> {
  try {
    await api.get(`${productPath(handle)}/draft`, { as: 'account' });
  } catch (error) {
    if (isStatus(error, 404)) return;
    throw error;
  }
  const message = 'Another product has this address.';
  throw new ApiError({ type: 'about:blank', title: message, status: 409, errors: [{ pointer: '/handle', detail: message }] });
}
