import { useState } from 'react';
import { productPath } from '../../api/catalogue';
import { Button } from '../../components/Button';
import { useChange } from '../api/use-command';
import { ActionDialog } from '../components/Dialog';
import { useSubmit } from '../components/use-submit';

export function DeleteProduct({ handle, title, onDeleted }: { handle: string; title: string; onDeleted: () => void }) {
  const [open, setOpen] = useState(false);
  const remove = useChange<undefined>(() => ({ method: 'delete', path: productPath(handle) }), ['/api/v1/products?', '/api/v1/unpublished-products', '/api/v1/categories']);
  const form = useSubmit(remove, { done: `${title} is deleted.`, onDone: onDeleted });
  return (
    <>
      <Button look="secondary" size="small" onClick={() => setOpen(true)}>Delete</Button>
      <ActionDialog open={open} onClose={() => setOpen(false)} title={`Delete ${title}?`} action="Delete product" danger busy={form.busy} errors={form.errors} onSubmit={() => form.submit(undefined)}>
        <p>Customers no longer see it, and links to it lead nowhere. Orders keep their lines, and the stock of its SKUs stays. This can't be undone.</p>
        <p>To stop selling it for a while, set its visibility to Archived instead.</p>
      </ActionDialog>
    </>
  );
}
