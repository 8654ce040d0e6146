import { useState } from 'react';
import { useCategories } from '../../api/catalogue';
import type { Category } from '../../api/types';
import { Button } from '../../components/Button';
import { TextArea, TextField, type FieldError } from '../../components/Field';
import { Empty } from '../../components/States';
import { useChange } from '../api/use-command';
import { DataTable, type Column } from '../components/DataTable';
import { ActionDialog } from '../components/Dialog';
import { Page } from '../components/Page';
import { sortRows } from '../components/table-state';
import { useSubmit } from '../components/use-submit';
import { useTableState } from '../components/use-table-state';
import { useCan } from '../shell/permissions';
import { handleFor } from './product-form';

type Edited = Pick<Category, 'handle' | 'name' | 'description'> & { isNew: boolean };

export default function CategoriesPage() {
  const can = useCan();
  const table = useTableState();
  const categories = useCategories();
  const [edited, setEdited] = useState<Edited | null>(null);
  const rows = categories.data && sortRows(categories.data.items, table.sort, { name: (row) => row.name, products: (row) => row.product_count });
  const columns: Column<Category>[] = [
    { key: 'name', header: 'Category', sortable: true, render: ({ name }) => name },
    { key: 'handle', header: 'Address', minor: true, render: ({ handle }) => handle },
    { key: 'products', header: 'Products', sortable: true, align: 'end', render: ({ product_count }) => product_count },
    {
      key: 'actions',
      header: 'Actions',
      align: 'end',
      render: (row) => can('products:write') && <Button look="secondary" size="small" aria-label={`Edit ${row.name}`} onClick={() => setEdited({ ...row, isNew: false })}>Edit…</Button>,
    },
  ];
  return (
    <Page
      title="Categories"
      actions={can('products:write') && <Button size="small" onClick={() => setEdited({ handle: '', name: '', description: '', isNew: true })}>Add category</Button>}
    >
      <DataTable
        caption="Categories"
        columns={columns}
        rows={rows}
        rowKey={({ handle }) => handle}
        error={categories.error}
        onRetry={() => void categories.refetch()}
        sort={{ value: table.sort, onChange: table.setSort }}
        empty={<Empty title="No categories yet" />}
      />
      {edited && <CategoryDialog edited={edited} known={categories.data?.items ?? []} onClose={() => setEdited(null)} />}
    </Page>
  );
}

function CategoryDialog({ edited, known, onClose }: { edited: Edited; known: readonly Category[]; onClose: () => void }) {
  const [input, setInput] = useState(edited);
  const save = useChange<Edited>(
    ({ handle, name, description }) => ({ method: 'put', path: `/api/v1/categories/${encodeURIComponent(handle)}`, body: { name, description } }),
    ['/api/v1/categories', '/api/v1/products?'],
  );
  const form = useSubmit(save, { fields: { '/name': 'category-name', '/description': 'category-description', '/handle': 'category-handle' }, done: 'Saved.', onDone: onClose });
  const submit = () => {
    const errors: FieldError[] = [];
    if (input.name.trim() === '') errors.push({ field: 'category-name', message: 'Enter a name.' });
    if (input.handle === '') errors.push({ field: 'category-handle', message: 'Enter an address.' });
    if (input.isNew && known.some(({ handle }) => handle === input.handle)) errors.push({ field: 'category-handle', message: 'Another category has this address.' });
    form.submit({ ...input, name: input.name.trim() }, errors);
  };
  return (
    <ActionDialog open onClose={onClose} title={edited.isNew ? 'Add category' : `Edit ${edited.name}`} action="Save" busy={form.busy} errors={form.errors} onSubmit={submit}>
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
    </ActionDialog>
  );
}
