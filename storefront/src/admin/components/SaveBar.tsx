import { Button } from '../../components/Button';
import styles from './SaveBar.module.css';

interface SaveBarProps {
  dirty: boolean;
  busy: boolean;
  label?: string;
  onDiscard: () => void;
}

/** The bar at the end of a form: it stays in view while there is something to save. */
export function SaveBar({ dirty, busy, label = 'Save', onDiscard }: SaveBarProps) {
  return (
    <div className={styles.bar} data-dirty={dirty || undefined}>
      <p role="status">{dirty ? 'Unsaved changes' : ''}</p>
      {dirty && <Button look="secondary" onClick={onDiscard}>Discard</Button>}
      <Button type="submit" busy={busy}>{label}</Button>
    </div>
  );
}
