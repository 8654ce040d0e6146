import { useEffect, type ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import { useWaitingPayment, waitingPaymentKey } from '../api/payment';
import { isStatus } from '../api/problem';
import type { Payment } from '../api/types';
import { useGiveUp } from '../checkout/give-up';
import { forgetPayment } from '../checkout/open-payment';
import { PayAnotherWay } from '../checkout/PayAnotherWay';
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

/** What to transfer where. It stands at one address for as long as the money is waited for. */
export default function TransferPage() {
  usePageTitle('Bank transfer');
  const [params] = useSearchParams();
  const paymentId = params.get('payment') ?? '';
  const payment = useWaitingPayment(paymentId);

  if (paymentId === '' || isStatus(payment.error, 404) || isStatus(payment.error, 401)) {
    return (
      <div className="page">
        <Empty title="There is no such transfer here">
          <h1 className="visually-hidden">Bank transfer</h1>
          <p>Open it in the browser, or with the account, that you ordered with.</p>
          <ButtonLink to="/cart">Go to your cart</ButtonLink>
        </Empty>
      </div>
    );
  }
  if (payment.isPending) {
    return (
      <div className={`page ${styles.page}`}>
        <Loading label="Loading what to transfer"><Skeleton width="60%" height="3rem" /><Skeleton height="22rem" style={{ marginTop: '2rem' }} /></Loading>
      </div>
    );
  }
  if (!payment.data) return <div className="page"><Failure error={payment.error} onRetry={() => void payment.refetch()} title="This did not load" /></div>;
  return <Waiting payment={payment.data} />;
}

function Waiting({ payment }: { payment: Payment }) {
  const verdict = verdictOf(payment.status);
  usePlacedOrder(payment);
  // Given up, here or in another tab: the order waits there for another way to pay.
  useBackToCheckout(payment, verdict === 'refused');

  useEffect(() => {
    if (verdict === 'closed') forgetPayment(tabStore, browserStore);
  }, [verdict]);

  if (payment.action?.type === 'transfer') return <Instructions payment={payment} transfer={payment.action} />;
  if (verdict === 'paid' || verdict === 'refused') return null;
  return (
    <div className="page">
      <Empty title={verdict === 'closed' ? 'This order was given up' : 'There is nothing to transfer'}>
        <h1 className="visually-hidden">Bank transfer</h1>
        <p>{verdict === 'closed' ? `${payment.refusal?.reason ?? 'The money did not arrive in time.'} Should you have transferred it all the same, write to us: it is yours.` : 'This payment goes another way.'}</p>
        <ButtonLink to="/checkout">Go to the checkout</ButtonLink>
      </Empty>
    </div>
  );
}

function Instructions({ payment, transfer }: { payment: Payment; transfer: Transfer }) {
  const giveUp = useGiveUp(payment.id, waitingPaymentKey(payment.id));
  return (
    <div className={`page ${styles.page}`}>
      <header className={styles.heading}>
        <p className={styles.soft}>Order {payment.order_number}</p>
        <h1>Now transfer <Amount value={payment.amount} />.</h1>
        <p className={styles.lead}>
          Your order is placed when the money has arrived. Until <time dateTime={transfer.until}>{formatMoment(transfer.until)}</time> we
          keep the goods for you.
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
        <p><strong>Write the reference on the transfer</strong>, so that we know whose money it is. Transfer exactly this amount.</p>
        <p>You can leave this page. In this browser, or with your account, you find it again at the same address, and the checkout leads here too.</p>
      </Callout>
      <PayAnotherWay
        giveUp={giveUp}
        question={{
          title: 'Give this transfer up?',
          text: 'If you have transferred the money already, do not do this. Your order is kept, and you choose another way to pay for it.',
          keep: 'Keep the transfer',
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
