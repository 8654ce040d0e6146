import type { OrderLine } from '../api/types';
import { usePurchaseMessages } from '../messages/messages';
import { titleOf } from './returns';
import styles from './Withdrawal.module.css';

/** Lists items with the reason why the customer cannot withdraw from them. */
export function WithdrawalExceptions({ lines }: { lines: readonly OrderLine[] }) {
  return (
    <ul className={styles.exceptions}>
      {lines.map((line) => (
        <li key={line.sku}>
          {titleOf(line)} <WithdrawalException line={line} />
        </li>
      ))}
    </ul>
  );
}

/** Says how an exception restricts the right to withdraw from an item; nothing for the items without one. */
export function WithdrawalException({ line }: { line: OrderLine | undefined }) {
  const t = usePurchaseMessages();
  if (!line?.withdrawal_exception) return null;
  return <span className={styles.exception}>{t.product.withdrawalExceptions[line.withdrawal_exception]}</span>;
}
