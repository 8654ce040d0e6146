import { useEffect } from 'react';
import { useNavigate } from 'react-router';
import type { Payment } from '../api/types';
import { openPaymentFor, rememberedPayment, rememberPayment } from './open-payment';
import { browserStore, tabStore } from './tab-store';

/** Leads to the checkout, which takes the payment up again from what is remembered of it. */
export function useBackToCheckout({ id, order_id }: Payment, isDue: boolean): void {
  const navigate = useNavigate();
  useEffect(() => {
    if (!isDue) return;
    // Nothing is remembered where one came by a link, with an account. Another purchase stays.
    if (!rememberedPayment(tabStore, browserStore)) rememberPayment(tabStore, openPaymentFor({ id, order_id }, null));
    void navigate('/checkout', { replace: true });
  }, [isDue, id, order_id, navigate]);
}
