import type { Order } from '../api/types';
import { usePurchaseMessages } from '../messages/messages';
import styles from './WithdrawalForm.module.css';

/** Identifies the contract and the consumer, and says where the receipt goes, as the directive asks. */
export function WithdrawalFacts({ order }: { order: Order }) {
  const t = usePurchaseMessages();
  return (
    <dl className={styles.facts}>
      <div><dt>{t.withdrawal.orderNumber}</dt><dd>{order.number}</dd></div>
      <div><dt>{t.common.name}</dt><dd>{order.address.name}</dd></div>
      <div><dt>{t.withdrawal.receiptTo}</dt><dd>{order.email}</dd></div>
    </dl>
  );
}
