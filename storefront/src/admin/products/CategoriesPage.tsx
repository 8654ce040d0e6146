import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useOwnCategories } from '../../api/catalogue';
import { api } from '../../api/client';
import type { Category } from '../../api/types';
import { Button } from '../../components/Button';
import { Empty } from '../../components/States';
import { useToasts } from '../../components/Toasts';
import type { CategoryDraft } from '../api/types';
import { DataTable, type Column } from '../components/DataTable';
import { Page, pageStyles } from '../components/Page';
import { sortRows } from '../components/table-state';
import { useTableState } from '../components/use-table-state';
import { problemText } from '../messages/problems';
import { useCan } from '../shell/permissions';
import { CategoryDialog, categoryPath } from './CategoryDialog';
import { DeleteCategory } from './DeleteCategory';
import { categoryForm, type CategoryForm } from './category-form';

export default function CategoriesPage() {
  const can = useCan();
  const table = useTableState();
  const categories = useOwnCategories();
  const { notify } = useToasts();
  const [edited, setEdited] = useState<CategoryForm | null>(null);
  const [deleted, setDeleted] = useState<Category | null>(null);
  // The list has the shop's own language alone.
  const open = useMutation({
    mutationFn: async ({ handle }: Category) => categoryForm(handle, await api.get<CategoryDraft>(`${categoryPath(handle)}/draft`, { as: 'account' })),
    onSuccess: setEdited,
    onError: (error) => notify({ kind: 'problem', text: problemText(error) }),
  });
  const rows = categories.data && sortRows(categories.data.items, table.sort, { name: (row) => row.name, products: (row) => row.product_count });
  const columns: Column<Category>[] = [
    { key: 'name', header: 'Category', sortable: true, render: ({ name }) => name },
    { key: 'handle', header: 'Address', minor: true, render: ({ handle }) => handle },
    { key: 'products', header: 'Products', sortable: true, align: 'end', render: ({ product_count }) => product_count },
    {
      key: 'actions',
      header: 'Actions',
      align: 'end',
      render: (row) => can('products:write') && (
        <span className={pageStyles.rowActions}>
          <Button look="secondary" size="small" aria-label={`Edit ${row.name}`} busy={open.isPending && open.variables.handle === row.handle} onClick={() => open.mutate(row)}>Edit…</Button>
          <Button look="secondary" size="small" aria-label={`Delete ${row.name}`} onClick={() => setDeleted(row)}>Delete…</Button>
        </span>
      ),
    },
  ];
  return (
    <Page
      title="Categories"
      actions={can('products:write') && <Button size="small" onClick={() => setEdited(categoryForm('', null))}>Add category</Button>}
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
      {deleted && <DeleteCategory category={deleted} onClose={() => setDeleted(null)} />}
    </Page>
  );
}
