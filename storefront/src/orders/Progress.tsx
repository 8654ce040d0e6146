import type { OrderStatus } from '../api/types';
import { usePurchaseMessages } from '../messages/messages';
import styles from './Progress.module.css';
import { progressOf } from './timeline';

/** The steps of an order with the current one marked. */
export function Progress({ status }: { status: OrderStatus }) {
  const t = usePurchaseMessages();
  const progress = progressOf(status);
  if (!progress) return null;
  return (
    <ol className={styles.progress} aria-label={t.orders.progress}>
      {progress.steps.map((step, index) => (
        <li key={step} data-reached={index <= progress.done} aria-current={index === progress.done ? 'step' : undefined}>
          {t.orders.statuses[step].title}
        </li>
      ))}
    </ol>
  );
}
