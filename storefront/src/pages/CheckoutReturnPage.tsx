import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { confirmPayment, getPayment } from '../api/payment';
import type { Payment } from '../api/types';
import { pause } from '../checkout/attempt';
import { bankPageOf } from '../checkout/bank-page';
import { ContinuePayment } from '../checkout/ContinuePayment';
import { describeDevice } from '../checkout/device-data';
import { useCancelPayment } from '../checkout/cancel-payment';
import { transferPageOf } from '../checkout/open-payment';
import { settlePayment, verdictOf } from '../checkout/purchase';
import { useBackToCheckout } from '../checkout/use-back-to-checkout';
import { usePlacedOrder } from '../checkout/use-placed-order';
import { Button, ButtonLink } from '../components/Button';
import { Empty, Failure, Loading } from '../components/States';
import { useNavigate, useSearchParams } from '../router/hooks';
import { usePageTitle } from '../shell/page-title';
import { usePurchaseMessages } from '../messages/messages';

const confirmKey = (paymentId: string) => ['confirm', paymentId];

/** The page that the bank or the payment gateway sends the customer back to. */
export default function CheckoutReturnPage() {
  const t = usePurchaseMessages();
  usePageTitle();
  const [params] = useSearchParams();
  const paymentId = params.get('payment') ?? '';
  const [slow, setSlow] = useState(false);
  const result = useQuery({
    queryKey: confirmKey(paymentId),
    enabled: paymentId !== '',
    staleTime: Infinity,
    gcTime: 0,
    queryFn: async () =>
      settlePayment(await confirmPayment(paymentId), {
        read: () => getPayment(paymentId),
        wait: pause,
        onSlow: () => setSlow(true),
        describeDevice: (action) => describeDevice(action, t.payment.deviceCheck),
        confirm: (deviceData) => confirmPayment(paymentId, { device_data: deviceData }),
      }),
  });

  return (
    <div className="page">
      {paymentId === '' && (
        <Empty title={t.paymentPages.none}>
          <h1 className="visually-hidden">{t.paymentPages.title}</h1>
          <ButtonLink to="/cart">{t.paymentPages.toCart}</ButtonLink>
        </Empty>
      )}
      {paymentId !== '' && result.isPending && (
        <Loading label={t.paymentPages.confirmingWithBank}>
          <Empty title={t.paymentPages.confirmingNow}>
            <h1 className="visually-hidden">{t.paymentPages.confirming}</h1>
            <p>{slow ? t.payment.slow : t.paymentPages.stay}</p>
          </Empty>
        </Loading>
      )}
      {result.isError && <Failure error={result.error} onRetry={() => void result.refetch()} title={t.paymentPages.bankUnreachable} />}
      {result.isSuccess && <Result payment={result.data} onAgain={() => void result.refetch()} />}
    </div>
  );
}

function Result({ payment, onAgain }: { payment: Payment; onAgain: () => void }) {
  const t = usePurchaseMessages();
  const navigate = useNavigate();
  const verdict = verdictOf(payment.status);
  const isTransfer = payment.action?.type === 'transfer';
  const cancelPayment = useCancelPayment(payment.id, confirmKey(payment.id));
  usePlacedOrder(payment);
  // The checkout shows the bank's reason.
  useBackToCheckout(payment, verdict === 'refused' || verdict === 'closed');

  useEffect(() => {
    if (isTransfer) void navigate(transferPageOf(payment.id), { replace: true });
  }, [isTransfer, payment.id, navigate]);

  if (isTransfer || (verdict !== 'action' && verdict !== 'waiting')) return null;
  const page = bankPageOf(payment, window.location.href);
  return (
    <Empty title={page?.jwt === null ? t.paymentPages.hostedIncomplete : t.paymentPages.bankUnconfirmed}>
      <h1 className="visually-hidden">{t.paymentPages.notConfirmed}</h1>
      <p>{t.paymentPages.savedUntilConfirmed}</p>
      {verdict === 'action' && <ContinuePayment page={page} cancelPayment={cancelPayment} />}
      <Button look="quiet" size="small" onClick={onAgain}>{t.paymentPages.checkAgain}</Button>
    </Empty>
  );
}
