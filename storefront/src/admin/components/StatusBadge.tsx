import type { StatusLabel } from '../messages/en';
import styles from './StatusBadge.module.css';

/** The text carries the meaning; the colour only repeats it. */
export function StatusBadge({ status }: { status: StatusLabel | undefined }) {
  if (!status) return null;
  return <span className={styles.badge} data-tone={status.tone}>{status.label}</span>;
}
