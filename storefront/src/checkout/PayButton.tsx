import type { ReactNode } from 'react';
import { Button } from '../components/Button';
import { Icon } from '../components/Icon';
import { usePurchaseMessages } from '../messages/messages';
import styles from './Form.module.css';
import type { Phase } from './use-purchase';

interface PayButtonProps {
  phase: Phase;
  /** The status while the bank has not answered yet. */
  busyText: string;
  onPay: () => void;
  children: ReactNode;
}

/** The button that charges the customer, with the progress of the payment. */
export function PayButton({ phase, busyText, onPay, children }: PayButtonProps) {
  const t = usePurchaseMessages();
  return (
    <>
      <Button size="large" wide busy={phase.kind === 'busy'} onClick={onPay}>
        <Icon name="lock" size={18} /> <span>{children}</span>
      </Button>
      <p role="status" className={styles.hint}>
        {phase.kind === 'busy' && (phase.slow
          ? t.payment.slow
          : busyText)}
      </p>
    </>
  );
}
