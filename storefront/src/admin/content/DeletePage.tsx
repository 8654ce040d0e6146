import { useState } from 'react';
import { contentPagePath, STOREFRONT_KEY } from '../../api/storefront';
import { Button } from '../../components/Button';
import { useChange } from '../api/use-command';
import { ActionDialog } from '../components/Dialog';
import { useSubmit } from '../components/use-submit';
import { legalPageOf } from './page-form';

export function DeletePage({ handle, title, onDeleted }: { handle: string; title: string; onDeleted: () => void }) {
  const [open, setOpen] = useState(false);
  // The page itself is not loaded again: the editor is left first.
  const remove = useChange<undefined>(() => ({ method: 'delete', path: contentPagePath(handle) }), STOREFRONT_KEY);
  const form = useSubmit(remove, { done: `${title} is deleted.`, onDone: onDeleted });
  return (
    <>
      <Button look="secondary" size="small" onClick={() => setOpen(true)}>Delete</Button>
      <ActionDialog open={open} onClose={() => setOpen(false)} title={`Delete ${title}?`} action="Delete page" danger busy={form.busy} errors={form.errors} onSubmit={() => form.submit(undefined)}>
        <p>Its texts in all languages are lost, links to it lead nowhere, and menus no longer show it. This can't be undone.</p>
        {legalPageOf(handle) && <p><strong>This is a legal page.</strong> If the law of your country asks for it, your shop takes no orders without it.</p>}
      </ActionDialog>
    </>
  );
}
