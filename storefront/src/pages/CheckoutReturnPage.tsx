import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { reloadCart } from '../api/cart';
import { confirmPayment, getPayment } from '../api/payment';
import type { Payment } from '../api/types';
import { forgetDraft } from '../checkout/draft';
import { challengeUrl, followPayment, forgetPayment, orderPageOf, pause, rememberedPayment, verdictOf, type OpenPayment } from '../checkout/purchase';
import { tabStore } from '../checkout/tab-store';
import { Button, ButtonLink } from '../components/Button';
import { Empty, Failure, Loading } from '../components/States';
import { usePageTitle } from '../shell/page-title';

/** Back from the bank's 3-D Secure page. */
export default function CheckoutReturnPage() {
  usePageTitle('Confirming your payment');
  const [params] = useSearchParams();
  const paymentId = params.get('payment') ?? '';
  const [slow, setSlow] = useState(false);
  const result = useQuery({
    queryKey: ['confirm', paymentId],
    enabled: paymentId !== '',
    staleTime: Infinity,
    gcTime: 0,
    queryFn: async () =>
      followPayment(await confirmPayment(paymentId), {
        read: () => getPayment(paymentId),
        wait: pause,
        onSlow: () => setSlow(true),
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
  const client = useQueryClient();
  const verdict = verdictOf(payment.status);

  useEffect(() => {
    if (verdict === 'paid') {
      const known = rememberedPayment(tabStore);
      const open: Pick<OpenPayment, 'orderId' | 'orderToken'> =
        known?.paymentId === payment.id ? known : { orderId: payment.order_id, orderToken: '' };
      forgetPayment(tabStore);
      forgetDraft();
      void reloadCart(client);
      void navigate(orderPageOf(open), { replace: true, state: { justPlaced: true } });
    } else if (verdict === 'refused' || verdict === 'closed') {
      // The checkout remembers the payment and tells what the bank said.
      void navigate('/checkout', { replace: true });
    }
  }, [verdict, payment, client, navigate]);

  const url = challengeUrl(payment, window.location.href);
  if (verdict !== 'challenge' && verdict !== 'waiting') return null;
  return (
    <Empty title="Your bank has not confirmed the payment yet">
      <h1 className="visually-hidden">Payment not confirmed</h1>
      <p>Your order is kept. Nothing is charged until your bank agrees.</p>
      {verdict === 'challenge' && url && <a href={url}>Go on at your bank</a>}
      <Button look="secondary" onClick={onAgain}>Ask again</Button>
    </Empty>
  );
}
