import { useEffect } from 'react';
import { useBlocker } from '../../router/use-blocker';
import { ActionDialog } from './Dialog';

interface UnsavedGuardProps {
  dirty: boolean;
  title?: string;
  text?: string;
  /** The button that leaves. */
  action?: string;
  /** The button that stays. */
  keep?: string;
}

/**
 * Asks before a page with unsaved changes is left, by a link, by Back or by closing the tab. It stands outside of the page's
 * form: its dialog has a form of its own, and browsers do not send a form within a form.
 */
export function UnsavedGuard({
  dirty,
  title = 'Leave without saving?',
  text = 'Your changes to this page are not saved.',
  action = 'Discard changes',
  keep = 'Keep editing',
}: UnsavedGuardProps) {
  const blocked = useBlocker(dirty);
  useEffect(() => {
    // Saved while the dialog was open: nothing would be lost any more.
    if (!dirty) blocked?.proceed();
  }, [dirty, blocked]);
  return (
    <ActionDialog
      open={blocked !== null}
      onClose={() => blocked?.cancel()}
      title={title}
      action={action}
      keep={keep}
      danger
      busy={false}
      errors={[]}
      onSubmit={() => blocked?.proceed()}
    >
      <p>{text}</p>
    </ActionDialog>
  );
}
