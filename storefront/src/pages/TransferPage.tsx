import { useEffect, type ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import { useWaitingPayment, waitingPaymentKey } from '../api/payment';
import { isStatus } from '../api/problem';
import type { Payment } from '../api/types';
import { useCancelPayment } from '../checkout/cancel-payment';
import { forgetPayment } from '../checkout/open-payment';
import { ChangePaymentMethod } from '../checkout/ChangePaymentMethod';
import { verdictOf } from '../checkout/purchase';
import { browserStore, tabStore } from '../checkout/tab-store';
import { groupedIban, type Transfer } from '../checkout/transfer';
import { useBackToCheckout } from '../checkout/use-back-to-checkout';
import { usePlacedOrder } from '../checkout/use-placed-order';
import { ButtonLink } from '../components/Button';
import { CopyButton } from '../components/CopyButton';
import { formatMoment } from '../components/dates';
import { Callout, Empty, Failure, Loading, Skeleton } from '../components/States';
import { toDecimal } from '../money/money';
import { Amount } from '../money/Price';
import { usePageTitle } from '../shell/page-title';
import styles from './TransferPage.module.css';

/** The bank details of a pending transfer. Its URL stays valid until the transfer arrives or expires. */
export default function TransferPage() {
  usePageTitle();
  const [params] = useSearchParams();
  const paymentId = params.get('payment') ?? '';
  const payment = useWaitingPayment(paymentId);

  if (paymentId === '' || isStatus(payment.error, 404) || isStatus(payment.error, 401)) {
    return (
      <div className="page">
        <Empty title="Bank transfer not found">
          <h1 className="visually-hidden">Bank transfer</h1>
          <p>Use the browser you ordered with, or log in to the account you ordered with.</p>
          <ButtonLink to="/cart">Go to your cart</ButtonLink>
        </Empty>
      </div>
    );
  }
  if (payment.isPending) {
    return (
      <div className={`page ${styles.page}`}>
        <Loading label="Loading the bank details"><Skeleton width="60%" height="3rem" /><Skeleton height="22rem" style={{ marginTop: '2rem' }} /></Loading>
      </div>
    );
  }
  if (!payment.data) return <div className="page"><Failure error={payment.error} onRetry={() => void payment.refetch()} /></div>;
  return <Waiting payment={payment.data} />;
}

function Waiting({ payment }: { payment: Payment }) {
  const verdict = verdictOf(payment.status);
  usePlacedOrder(payment);
  // Cancelled here or in another tab: the checkout offers the other payment methods.
  useBackToCheckout(payment, verdict === 'refused');

  useEffect(() => {
    if (verdict === 'closed') forgetPayment(tabStore, browserStore);
  }, [verdict]);

  if (payment.action?.type === 'transfer') return <Instructions payment={payment} transfer={payment.action} />;
  if (verdict === 'paid' || verdict === 'refused') return null;
  return (
    <div className="page">
      <Empty title={verdict === 'closed' ? 'This order has expired' : "There's nothing to transfer"}>
        <h1 className="visually-hidden">Bank transfer</h1>
        <p>{verdict === 'closed' ? `${payment.refusal?.reason ?? "We didn't receive your transfer in time."} If you've already paid, contact us and we'll refund you.` : "This order isn't paid by bank transfer."}</p>
        <ButtonLink to="/checkout">Go to checkout</ButtonLink>
      </Empty>
    </div>
  );
}

function Instructions({ payment, transfer }: { payment: Payment; transfer: Transfer }) {
  const cancelPayment = useCancelPayment(payment.id, waitingPaymentKey(payment.id));
  return (
    <div className={`page ${styles.page}`}>
      <header className={styles.heading}>
        <p className={styles.soft}>Order {payment.order_number}</p>
        <h1>Please transfer <Amount value={payment.amount} /></h1>
        <p className={styles.lead}>
          Your order is placed once your transfer arrives. We've reserved your items
          until <time dateTime={transfer.until}>{formatMoment(transfer.until)}</time>.
        </p>
      </header>
      <dl className={styles.rows}>
        <Row label="Amount" copy={toDecimal(payment.amount)} what="the amount"><Amount value={payment.amount} /></Row>
        <Row label="Recipient" copy={transfer.holder} what="the recipient">{transfer.holder}</Row>
        <Row label="IBAN" copy={transfer.iban} what="the IBAN"><span className="numeric">{groupedIban(transfer.iban)}</span></Row>
        {transfer.bic && <Row label="BIC" copy={transfer.bic} what="the BIC">{transfer.bic}</Row>}
        <Row label="Reference" copy={transfer.reference} what="the reference"><strong>{transfer.reference}</strong></Row>
        <Row label="Must arrive by"><time dateTime={transfer.until}>{formatMoment(transfer.until)}</time></Row>
      </dl>
      <Callout>
        <p><strong>Include the reference</strong> so we can match your payment, and transfer the exact amount.</p>
        <p>You can return to this page any time.</p>
      </Callout>
      <ChangePaymentMethod
        cancelPayment={cancelPayment}
        confirmation={{
          title: 'Pay another way?',
          text: "Don't do this if you've already sent the transfer. We'll keep your order while you choose another payment method.",
          keep: 'Keep bank transfer',
        }}
      />
    </div>
  );
}

interface RowProps {
  label: string;
  copy?: string;
  what?: string;
  children: ReactNode;
}

function Row({ label, copy, what = '', children }: RowProps) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <span className={styles.value}>{children}</span>
        {copy !== undefined && <CopyButton text={copy} what={what} />}
      </dd>
    </div>
  );
}
