import { useEffect, type ReactNode } from 'react';
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
import { Callout, Empty, Failure, Loading, Skeleton } from '../components/States';
import { toDecimal } from '../money/money';
import { Amount } from '../money/Price';
import { useSearchParams } from '../router/hooks';
import { usePageTitle } from '../shell/page-title';
import { usePurchaseMessages } from '../messages/messages';
import { useFormats } from '../messages/formats';
import styles from './TransferPage.module.css';

/** The bank details of a pending transfer. Its URL stays valid until the transfer arrives or expires. */
export default function TransferPage() {
  const t = usePurchaseMessages();
  usePageTitle();
  const [params] = useSearchParams();
  const paymentId = params.get('payment') ?? '';
  const payment = useWaitingPayment(paymentId);

  if (paymentId === '' || isStatus(payment.error, 404) || isStatus(payment.error, 401)) {
    return (
      <div className="page">
        <Empty title={t.paymentPages.transferNotFound}>
          <h1 className="visually-hidden">{t.paymentPages.transfer}</h1>
          <p>{t.paymentPages.transferNotFoundText}</p>
          <ButtonLink to="/cart">{t.paymentPages.toCart}</ButtonLink>
        </Empty>
      </div>
    );
  }
  if (payment.isPending) {
    return (
      <div className={`page ${styles.page}`}>
        <Loading label={t.paymentPages.loadingTransfer}><Skeleton width="60%" height="3rem" /><Skeleton height="22rem" style={{ marginTop: '2rem' }} /></Loading>
      </div>
    );
  }
  if (!payment.data) return <div className="page"><Failure error={payment.error} onRetry={() => void payment.refetch()} /></div>;
  return <Waiting payment={payment.data} />;
}

function Waiting({ payment }: { payment: Payment }) {
  const t = usePurchaseMessages();
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
      <Empty title={verdict === 'closed' ? t.paymentPages.expired : t.paymentPages.noTransfer}>
        <h1 className="visually-hidden">{t.paymentPages.transfer}</h1>
        <p>{verdict === 'closed' ? t.paymentPages.expiredText : t.paymentPages.noTransferText}</p>
        <ButtonLink to="/checkout">{t.paymentPages.toCheckout}</ButtonLink>
      </Empty>
    </div>
  );
}

function Instructions({ payment, transfer }: { payment: Payment; transfer: Transfer }) {
  const t = usePurchaseMessages();
  const formats = useFormats();
  const cancelPayment = useCancelPayment(payment.id, waitingPaymentKey(payment.id));
  return (
    <div className={`page ${styles.page}`}>
      <header className={styles.heading}>
        <p className={styles.soft}>{t.paymentPages.order(payment.order_number)}</p>
        <h1>{t.paymentPages.pleaseTransfer(<Amount value={payment.amount} />)}</h1>
        <p className={styles.lead}>
          {t.paymentPages.reservedUntil(<time dateTime={transfer.until}>{formats.moment(transfer.until)}</time>)}
        </p>
      </header>
      <dl className={styles.rows}>
        <Row label={t.paymentPages.amount} copy={toDecimal(payment.amount)} what={t.paymentPages.theAmount}><Amount value={payment.amount} /></Row>
        <Row label={t.paymentPages.recipient} copy={transfer.holder} what={t.paymentPages.theRecipient}>{transfer.holder}</Row>
        <Row label={t.paymentPages.iban} copy={transfer.iban} what={t.paymentPages.theIban}><span className="numeric">{groupedIban(transfer.iban)}</span></Row>
        {transfer.bic && <Row label={t.paymentPages.bic} copy={transfer.bic} what={t.paymentPages.theBic}>{transfer.bic}</Row>}
        <Row label={t.paymentPages.reference} copy={transfer.reference} what={t.paymentPages.theReference}><strong>{transfer.reference}</strong></Row>
        <Row label={t.paymentPages.arriveBy}><time dateTime={transfer.until}>{formats.moment(transfer.until)}</time></Row>
      </dl>
      <Callout>
        <p><strong>{t.paymentPages.includeReference}</strong> {t.paymentPages.includeReferenceText}</p>
        <p>{t.paymentPages.comeBack}</p>
      </Callout>
      <ChangePaymentMethod
        cancelPayment={cancelPayment}
        confirmation={{
          title: t.paymentPages.otherWay,
          text: t.paymentPages.otherWayText,
          keep: t.paymentPages.keepTransfer,
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
