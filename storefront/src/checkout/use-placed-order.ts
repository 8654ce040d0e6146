import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { reloadCart } from '../api/cart';
import type { Payment } from '../api/types';
import { useNavigate } from '../router/hooks';
import { forgetDraft } from './draft';
import { forgetPayment, orderPageOf, rememberedPayment } from './open-payment';
import { verdictOf } from './purchase';
import { browserStore, tabStore } from './tab-store';

/** Redirects to the order's page once the payment is made. */
export function usePlacedOrder(payment: Payment): void {
  const navigate = useNavigate();
  const client = useQueryClient();
  const { id, order_id: orderId } = payment;
  const isPaid = verdictOf(payment.status) === 'paid';
  useEffect(() => {
    if (!isPaid) return;
    const known = rememberedPayment(tabStore, browserStore);
    const open = known?.paymentId === id ? known : { orderId, orderToken: '' };
    forgetPayment(tabStore, browserStore);
    forgetDraft();
    void reloadCart(client);
    void navigate(orderPageOf(open), { replace: true, state: { justPlaced: true } });
  }, [isPaid, id, orderId, client, navigate]);
}
