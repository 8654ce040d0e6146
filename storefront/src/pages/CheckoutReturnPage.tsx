import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
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
import { usePageTitle } from '../shell/page-title';

const confirmKey = (paymentId: string) => ['confirm', paymentId];

/** The page that the bank or the payment gateway sends the customer back to. */
export default function CheckoutReturnPage() {
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
        describeDevice,
        confirm: (deviceData) => confirmPayment(paymentId, { device_data: deviceData }),
      }),
  });

  return (
    <div className="page">
      {paymentId === '' && (
        <Empty title="There's no payment to confirm">
          <h1 className="visually-hidden">Payment</h1>
          <ButtonLink to="/cart">Go to your cart</ButtonLink>
        </Empty>
      )}
      {paymentId !== '' && result.isPending && (
        <Loading label="Confirming your payment with your bank">
          <Empty title="Confirming your payment…">
            <h1 className="visually-hidden">Confirming your payment</h1>
            <p>{slow ? 'Your bank is taking longer than usual. Your order is safe, even if you close this page.' : 'This takes a moment. Please stay on this page.'}</p>
          </Empty>
        </Loading>
      )}
      {result.isError && <Failure error={result.error} onRetry={() => void result.refetch()} title="We couldn't reach your bank" />}
      {result.isSuccess && <Result payment={result.data} onAgain={() => void result.refetch()} />}
    </div>
  );
}

function Result({ payment, onAgain }: { payment: Payment; onAgain: () => void }) {
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
    <Empty title={page?.jwt === null ? "Your payment isn't complete yet" : "Your bank hasn't confirmed the payment yet"}>
      <h1 className="visually-hidden">Payment not confirmed</h1>
      <p>We've saved your order. You won't be charged until the payment is confirmed.</p>
      {verdict === 'action' && <ContinuePayment page={page} cancelPayment={cancelPayment} />}
      <Button look="quiet" size="small" onClick={onAgain}>Check again</Button>
    </Empty>
  );
}
