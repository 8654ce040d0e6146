import { useState } from 'react';
import { Button } from '../../components/Button';
import { useChange } from '../api/use-command';
import { ActionDialog } from '../components/Dialog';
import { useSubmit } from '../components/use-submit';

export function DeletePromotion({ code, onDeleted }: { code: string; onDeleted: () => void }) {
  const [open, setOpen] = useState(false);
  const remove = useChange<undefined>(() => ({ method: 'delete', path: `/api/v1/promotions/${encodeURIComponent(code)}` }), ['/api/v1/promotions']);
  const form = useSubmit(remove, { done: `${code} is deleted.`, onDone: onDeleted });
  return (
    <>
      <Button look="secondary" size="small" onClick={() => setOpen(true)}>Delete</Button>
      <ActionDialog open={open} onClose={() => setOpen(false)} title={`Delete ${code}?`} action="Delete promotion" danger busy={form.busy} errors={form.errors} onSubmit={() => form.submit(undefined)}>
        <p>Customers can no longer use the code. Orders keep their discount. This can't be undone.</p>
        <p>To stop it for a while, clear “The code can be used” instead.</p>
      </ActionDialog>
    </>
  );
}
