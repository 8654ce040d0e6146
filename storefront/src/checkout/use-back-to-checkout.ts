import { useEffect } from 'react';
import type { Payment } from '../api/types';
import { useNavigate } from '../router/hooks';
import { openPaymentFor, rememberedPayment, rememberPayment } from './open-payment';
import { browserStore, tabStore } from './tab-store';

/** Redirects to the checkout, which resumes the stored payment. */
export function useBackToCheckout({ id, order_id }: Payment, isDue: boolean): void {
  const navigate = useNavigate();
  useEffect(() => {
    if (!isDue) return;
    // A customer who followed a link has nothing stored. A stored payment of another purchase is kept.
    if (!rememberedPayment(tabStore, browserStore)) rememberPayment(tabStore, openPaymentFor({ id, order_id }, null));
    void navigate(`/checkout?payment=${encodeURIComponent(id)}`, { replace: true });
  }, [isDue, id, order_id, navigate]);
}
