import { Button } from '../../components/Button';
import styles from './Pager.module.css';
import type { TableControls } from './use-table-state';

/** The buttons below a table. Nothing is shown when there is one page only. */
export function Pager({ controls, nextCursor }: { controls: TableControls; nextCursor: string | null | undefined }) {
  const { next, previous } = controls;
  if (!previous && !nextCursor) return null;
  return (
    <nav aria-label="Pages" className={styles.pager}>
      <Button look="secondary" size="small" disabled={!previous} onClick={previous}>Previous</Button>
      <Button look="secondary" size="small" disabled={!nextCursor} onClick={() => nextCursor && next(nextCursor)}>Next</Button>
    </nav>
  );
}
