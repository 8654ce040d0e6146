import { useChange } from '../api/use-command';
import type { Category } from '../../api/types';
import { ActionDialog } from '../components/Dialog';
import { useSubmit } from '../components/use-submit';
import { categoryPath } from './CategoryDialog';

export function DeleteCategory({ category: { handle, name }, onClose }: { category: Category; onClose: () => void }) {
  const remove = useChange<undefined>(() => ({ method: 'delete', path: categoryPath(handle) }), ['/api/v1/categories']);
  const form = useSubmit(remove, { done: `${name} is deleted.`, onDone: onClose });
  return (
    <ActionDialog open onClose={onClose} title={`Delete ${name}?`} action="Delete category" danger busy={form.busy} errors={form.errors} onSubmit={() => form.submit(undefined)}>
      <p>Links to it lead nowhere, and menus no longer show it. It can only be deleted while no product has it, drafts and archived ones included. This can't be undone.</p>
    </ActionDialog>
  );
}
