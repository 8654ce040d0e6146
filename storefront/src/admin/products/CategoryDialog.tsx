import { useState } from 'react';
import { useShop } from '../../api/catalogue';
import type { Category } from '../../api/types';
import { TextArea, TextField } from '../../components/Field';
import { languageOf, LANGUAGES, type Language } from '../../messages/language';
import { useChange } from '../api/use-command';
import { ActionDialog } from '../components/Dialog';
import { LanguageTabs } from '../components/LanguageTabs';
import { useSubmit } from '../components/use-submit';
import { categoryDraft, checkCategory, isWritten, type CategoryForm, type CategoryTexts } from './category-form';
import { handleFor } from './product-form';

export function categoryPath(handle: string): string {
  return `/api/v1/categories/${encodeURIComponent(handle)}`;
}

interface CategoryDialogProps {
  edited: CategoryForm;
  known: readonly Category[];
  onClose: () => void;
}

/** Edits a category in all languages. */
export function CategoryDialog({ edited, known, onClose }: CategoryDialogProps) {
  const { data: shop } = useShop();
  const own = languageOf(shop?.locale);
  const languages = LANGUAGES.filter((one) => one !== own || isWritten(edited.translations[one]));
  const [language, setLanguage] = useState<Language>(languages[0] ?? 'de');
  const [input, setInput] = useState(edited);
  const save = useChange<CategoryForm>(
    (form) => ({ method: 'put', path: categoryPath(form.handle), body: categoryDraft(form) }),
    ['/api/v1/categories', '/api/v1/products?'],
  );
  const form = useSubmit(save, { fields: { '/name': 'category-name', '/description': 'category-description', '/handle': 'category-handle' }, done: 'Saved.', onDone: onClose });
  const translate = (part: Partial<CategoryTexts>) => setInput({
    ...input,
    translations: { ...input.translations, [language]: { ...input.translations[language], ...part } },
  });
  const texts = input.translations[language];
  return (
    <ActionDialog open onClose={onClose} title={edited.isNew ? 'Add category' : `Edit ${edited.name}`} action="Save" busy={form.busy} errors={form.errors} onSubmit={() => form.submit(input, checkCategory(input, known))}>
      <TextField
        id="category-name"
        label="Name"
        required
        maxLength={120}
        value={input.name}
        error={form.errorOf('category-name')}
        onChange={(event) => setInput({
          ...input,
          name: event.target.value,
          ...(input.isNew && input.handle === handleFor(input.name) && { handle: handleFor(event.target.value) }),
        })}
      />
      <TextField id="category-handle" label="Address" required readOnly={!input.isNew} maxLength={120} value={input.handle} error={form.errorOf('category-handle')} onChange={(event) => setInput({ ...input, handle: event.target.value })} />
      <TextArea id="category-description" label="Description" optional maxLength={2000} rows={4} value={input.description} error={form.errorOf('category-description')} onChange={(event) => setInput({ ...input, description: event.target.value })} />
      <LanguageTabs label="Language of the translation" languages={languages} language={language} onChange={setLanguage} noteOf={(one) => (isWritten(input.translations[one]) ? '' : '(empty)')}>
        <TextField id={`category-${language}-name`} label="Translated name" optional lang={language} maxLength={120} value={texts.name} onChange={(event) => translate({ name: event.target.value })} />
        <TextArea id={`category-${language}-description`} label="Translated description" optional lang={language} maxLength={2000} rows={3} value={texts.description} onChange={(event) => translate({ description: event.target.value })} />
      </LanguageTabs>
    </ActionDialog>
  );
}
