import { useState } from 'react';
import { Amount } from '../money/Price';
import { usePurchaseMessages } from '../messages/messages';
import styles from './Form.module.css';
import { PayButton } from './PayButton';
import { PaymentStep, type ChosenPayment } from './PaymentStep';
import { Step } from './Step';
import type { Purchase, RefusedPhase } from './use-purchase';

/** Pays an order whose payment was refused or cancelled, after its cart is gone. The order itself can no longer be changed. */
export function PayOrder({ order, purchase }: { order: RefusedPhase; purchase: Purchase }) {
  const t = usePurchaseMessages();
  const [payment, setPayment] = useState<ChosenPayment | null>(null);
  const { phase } = purchase;
  const [seen, setSeen] = useState(order);
  if (seen !== order) {
    // Refused again, so another payment has to be chosen.
    setSeen(order);
    setPayment(null);
  }
  return (
    <>
      <p className={styles.hint}>{t.payment.payOrder(<Amount value={order.amount} />)}</p>
      <Step
        number={1}
        title={t.checkout.payment}
        state={payment ? 'done' : 'current'}
        onEdit={phase.kind === 'busy' ? undefined : () => setPayment(null)}
        summary={<p>{payment?.label}</p>}
      >
        <PaymentStep problem={null} refusal={order.refusal ?? { code: '', reason: '' }} onDone={setPayment} />
      </Step>
      <Step number={2} title={t.payment.reviewAndPay} state={payment ? 'current' : 'later'}>
        {payment && (
          <div className={styles.pay}>
            <p>{t.payment.review[payment.entry]}</p>
            <PayButton phase={phase} busyText={t.payment.paying} onPay={() => purchase.payOrder(payment.source)}>
              {t.payment.pay(<Amount value={order.amount} />)}
            </PayButton>
          </div>
        )}
      </Step>
    </>
  );
}
