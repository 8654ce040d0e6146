import { Button } from '../components/Button';
import { usePurchaseMessages } from '../messages/messages';
import { goToBank, type BankPage } from './bank-page';
import { ChangePaymentMethod } from './ChangePaymentMethod';
import styles from './ChangePaymentMethod.module.css';

/** The choices of a customer who came back, or reloaded, before the payment was complete. */
export function ContinuePayment({ page, cancelPayment }: { page: BankPage | null; cancelPayment: () => Promise<void> }) {
  const t = usePurchaseMessages();
  return (
    <div className={styles.actions}>
      {page && (
        <Button size="small" onClick={() => goToBank(page)}>
          {page.jwt === null ? t.payment.continueHosted : t.payment.continueBank}
        </Button>
      )}
      <ChangePaymentMethod size="small" cancelPayment={cancelPayment} />
    </div>
  );
}
