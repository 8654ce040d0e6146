import type { OrderStatus } from '../api/types';
import { ORDER_STATUS } from '../messages/en';
import styles from './Progress.module.css';
import { progressOf } from './timeline';

/** The steps of an order with the current one marked. */
export function Progress({ status }: { status: OrderStatus }) {
  const progress = progressOf(status);
  if (!progress) return null;
  return (
    <ol className={styles.progress} aria-label="Progress">
      {progress.steps.map((step, index) => (
        <li key={step} data-reached={index <= progress.done} aria-current={index === progress.done ? 'step' : undefined}>
          {ORDER_STATUS[step].title}
        </li>
      ))}
    </ol>
  );
}
