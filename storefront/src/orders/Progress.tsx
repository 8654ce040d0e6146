import type { OrderStatus } from '../api/types';
import styles from './Progress.module.css';
import { progressOf, STATUS_WORDS } from './timeline';

/** The usual course of an order, and where this one is on it. */
export function Progress({ status }: { status: OrderStatus }) {
  const progress = progressOf(status);
  if (!progress) return null;
  return (
    <ol className={styles.progress} aria-label="Progress">
      {progress.course.map((step, index) => (
        <li key={step} data-reached={index <= progress.done} aria-current={index === progress.done ? 'step' : undefined}>
          {STATUS_WORDS[step].title}
        </li>
      ))}
    </ol>
  );
}
