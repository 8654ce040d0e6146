import { Button } from '../../components/Button';
import styles from './Pager.module.css';
import type { TableControls } from './use-table-state';

interface PagerProps {
  controls: TableControls;
  list: { nextCursor: string | null | undefined; stale: boolean };
}

/** The buttons below a table. Nothing is shown when there is one page only. */
export function Pager({ controls, list: { nextCursor, stale } }: PagerProps) {
  const { next, previous } = controls;
  const turn = (event: { currentTarget: Element }, open: () => void) => {
    // A second click before the page has arrived would open the same page again.
    if (stale) return;
    open();
    // The new rows are read from the top, and this button may be disabled there.
    const table = event.currentTarget.closest('[data-table]')?.querySelector<HTMLElement>('[role="group"]');
    table?.focus({ preventScroll: true });
    table?.scrollIntoView();
  };
  if (!previous && !nextCursor) return null;
  return (
    <nav aria-label="Pages" className={styles.pager}>
      <Button look="secondary" size="small" disabled={!previous} onClick={(event) => previous && turn(event, previous)}>Previous</Button>
      <Button look="secondary" size="small" disabled={!nextCursor} onClick={(event) => nextCursor && turn(event, () => next(nextCursor))}>Next</Button>
    </nav>
  );
}
