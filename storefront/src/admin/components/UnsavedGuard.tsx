import { useEffect } from 'react';
import { useBlocker } from 'react-router';
import { ActionDialog } from './Dialog';

/** Asks before a page with unsaved changes is left, by a link, by Back or by closing the tab. */
export function UnsavedGuard({ dirty }: { dirty: boolean }) {
  const blocker = useBlocker(({ currentLocation, nextLocation }) => dirty && currentLocation.pathname !== nextLocation.pathname);
  useEffect(() => {
    if (!dirty) return;
    const onLeave = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', onLeave);
    return () => window.removeEventListener('beforeunload', onLeave);
  }, [dirty]);
  return (
    <ActionDialog
      open={blocker.state === 'blocked'}
      onClose={() => blocker.reset?.()}
      title="Leave without saving?"
      action="Discard changes"
      keep="Keep editing"
      danger
      busy={false}
      errors={[]}
      onSubmit={() => blocker.proceed?.()}
    >
      <p>Your changes to this page are not saved.</p>
    </ActionDialog>
  );
}
