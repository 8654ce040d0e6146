import { useState } from 'react';
import { useOwnCategories } from '../../../api/catalogue';
import { SelectField, TextField, type FieldError } from '../../../components/Field';
import type { ProductStatus } from '../../api/types';
import { ActionDialog } from '../../components/Dialog';
import { counted } from '../../components/formats';
import { PRODUCT_STATUS } from '../../messages/en';
import styles from './Bulk.module.css';
import { tagsOf, type BulkChange } from './bulk-change';
import type { BulkItem } from './bulk-run';
import type { BulkTask } from './use-bulk-run';

/** The changes that need no preview. A status stands for the change to it. */
export type SimpleAction = ProductStatus | 'category' | 'add-tags' | 'remove-tags';

/** The number of products that are listed by name. */
const NAMES = 8;

interface BulkDialogProps {
  action: SimpleAction;
  items: readonly BulkItem[];
  onStart: (task: BulkTask) => void;
  onClose: () => void;
}

/** Asks for the details of a change of several products. */
export function BulkDialog({ action, items, onStart, onClose }: BulkDialogProps) {
  const { data: categories } = useOwnCategories();
  const [category, setCategory] = useState('');
  const [tags, setTags] = useState('');
  const [errors, setErrors] = useState<FieldError[]>([]);
  const products = counted(items.length, 'product');
  const { title, button } = textsOf(action, products);
  const submit = () => {
    const isTags = action === 'add-tags' || action === 'remove-tags';
    if (isTags && tagsOf(tags).length === 0) {
      setErrors([{ field: 'bulk-tags', message: 'Enter a tag.' }]);
      return;
    }
    onStart({ title, items, change: changeOf(action, category, tagsOf(tags)) });
  };
  return (
    <ActionDialog open onClose={onClose} title={title} action={button} busy={false} errors={errors} onSubmit={submit}>
      {action === 'category' && (
        <SelectField id="bulk-category" label="Category" value={category} onChange={(event) => setCategory(event.target.value)}>
          <option value="">None</option>
          {categories?.items.map(({ handle, name }) => <option key={handle} value={handle}>{name}</option>)}
        </SelectField>
      )}
      {(action === 'add-tags' || action === 'remove-tags') && (
        <TextField
          id="bulk-tags"
          label="Tag"
          required
          hint={`Several are separated by commas.${action === 'remove-tags' ? ' They must be written as in the product.' : ''}`}
          autoComplete="off"
          value={tags}
          error={errors[0]?.message}
          onChange={(event) => setTags(event.target.value)}
        />
      )}
      {(action === 'active' || action === 'draft' || action === 'archived') && <p>{PRODUCT_STATUS[action].text}</p>}
      <ul className={styles.names} aria-label="Selected products">
        {items.slice(0, NAMES).map(({ handle, title: name }) => <li key={handle}>{name}</li>)}
        {items.length > NAMES && <li>and {items.length - NAMES} more</li>}
      </ul>
    </ActionDialog>
  );
}

function textsOf(action: SimpleAction, products: string): { title: string; button: string } {
  switch (action) {
    case 'active': return { title: `Publish ${products}`, button: 'Publish' };
    case 'draft': return { title: `Set ${products} to draft`, button: 'Set to draft' };
    case 'archived': return { title: `Archive ${products}`, button: 'Archive' };
    case 'category': return { title: `Change the category of ${products}`, button: 'Change category' };
    case 'add-tags': return { title: `Add tags to ${products}`, button: 'Add' };
    case 'remove-tags': return { title: `Remove tags from ${products}`, button: 'Remove' };
  }
}

function changeOf(action: SimpleAction, category: string, tags: readonly string[]): BulkChange {
  switch (action) {
    case 'category': return { kind: 'category', category: category || null };
    case 'add-tags':
    case 'remove-tags': return { kind: action, tags };
    default: return { kind: 'status', status: action };
  }
}
