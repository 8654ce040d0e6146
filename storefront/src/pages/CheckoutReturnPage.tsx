import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { confirmPayment, getPayment } from '../api/payment';
import type { Payment } from '../api/types';
import { pause } from '../checkout/attempt';
import { bankPageOf } from '../checkout/bank-page';
import { BankWay } from '../checkout/BankWay';
import { describeDevice } from '../checkout/device-data';
import { useGiveUp } from '../checkout/give-up';
import { transferPageOf } from '../checkout/open-payment';
import { settlePayment, verdictOf } from '../checkout/purchase';
import { useBackToCheckout } from '../checkout/use-back-to-checkout';
import { usePlacedOrder } from '../checkout/use-placed-order';
import { Button, ButtonLink } from '../components/Button';
import { Empty, Failure, Loading } from '../components/States';
import { usePageTitle } from '../shell/page-title';

const confirmKey = (paymentId: string) => ['confirm', paymentId];

/** Back from the page of the bank, or of the gateway. */
export default function CheckoutReturnPage() {
  usePageTitle('Confirming your payment');
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
        <Empty title="There is nothing to confirm here">
          <h1 className="visually-hidden">Payment</h1>
          <ButtonLink to="/cart">Go to your cart</ButtonLink>
        </Empty>
      )}
      {paymentId !== '' && result.isPending && (
        <Loading label="Confirming your payment with your bank">
          <Empty title="Confirming your payment…">
            <h1 className="visually-hidden">Confirming your payment</h1>
            <p>{slow ? 'Your bank takes longer than usual. Your order is safe with us, even if you close this page.' : 'This takes a moment. Please stay on this page.'}</p>
          </Empty>
        </Loading>
      )}
      {result.isError && <Failure error={result.error} onRetry={() => void result.refetch()} title="We could not ask your bank" />}
      {result.isSuccess && <Result payment={result.data} onAgain={() => void result.refetch()} />}
    </div>
  );
}

function Result({ payment, onAgain }: { payment: Payment; onAgain: () => void }) {
  const navigate = useNavigate();
  const verdict = verdictOf(payment.status);
  const isTransfer = payment.action?.type === 'transfer';
  const giveUp = useGiveUp(payment.id, confirmKey(payment.id));
  usePlacedOrder(payment);
  // It tells what the bank said.
  useBackToCheckout(payment, verdict === 'refused' || verdict === 'closed');

  useEffect(() => {
    if (isTransfer) void navigate(transferPageOf(payment.id), { replace: true });
  }, [isTransfer, payment.id, navigate]);

  if (isTransfer || (verdict !== 'action' && verdict !== 'waiting')) return null;
  const page = bankPageOf(payment, window.location.href);
  return (
    <Empty title={page?.jwt === null ? 'The payment is not finished yet' : 'Your bank has not confirmed the payment yet'}>
      <h1 className="visually-hidden">Payment not confirmed</h1>
      <p>Your order is kept. Nothing is charged until the payment is confirmed.</p>
      {verdict === 'action' && <BankWay page={page} giveUp={giveUp} />}
      <Button look="quiet" size="small" onClick={onAgain}>Ask again</Button>
    </Empty>
  );
}
