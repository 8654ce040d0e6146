import { useQuery } from '@tanstack/react-query';
import { api, postWithoutSession } from './client';
import type { CardFields, CheckoutResponse, CheckoutRequest, ConfirmRequest, Items, Payment, PaymentMethod, PaymentSource } from './types';

export function usePaymentMethods() {
  return useQuery<Items<PaymentMethod>>({ queryKey: ['/api/v1/payment-methods'] });
}

/**
 * Exchanges card fields for a session reference at the gateway's URL. The card is sent nowhere
 * else and is not stored.
 */
export async function openCardSession(url: string, card: CardFields): Promise<string> {
  const { session } = await postWithoutSession<{ session: string }>(url, card);
  return session;
}

export function postCheckout(body: CheckoutRequest, idempotencyKey: string): Promise<CheckoutResponse> {
  return api.post<CheckoutResponse>('/api/v1/checkout', body, { as: 'visitor', idempotencyKey });
}

export function postAttempt(paymentId: string, payment: PaymentSource, idempotencyKey: string): Promise<CheckoutResponse> {
  return api.post<CheckoutResponse>(`${paymentPath(paymentId)}/attempts`, { payment }, { as: 'visitor', idempotencyKey });
}

function paymentPath(id: string): string {
  return `/api/v1/payments/${encodeURIComponent(id)}`;
}

export function getPayment(id: string): Promise<Payment> {
  return api.get<Payment>(paymentPath(id));
}

export function waitingPaymentKey(id: string): string[] {
  return [paymentPath(id)];
}

/** Polls a payment that is decided elsewhere and may take days, for as long as the page is open. */
export function useWaitingPayment(id: string) {
  return useQuery<Payment>({
    queryKey: waitingPaymentKey(id),
    enabled: id !== '',
    staleTime: 5_000,
    refetchOnWindowFocus: true,
    refetchInterval: ({ state }) => (state.data?.status === 'action_required' || state.data?.status === 'processing' ? 15_000 : false),
  });
}

/** Confirms that the customer is back, or that the bank has the device data. Idempotent. */
export function confirmPayment(id: string, request: ConfirmRequest = {}): Promise<Payment> {
  return api.post<Payment>(`${paymentPath(id)}/confirm`, request, { as: 'visitor' });
}

/** Cancels the pending step at a bank or on the gateway's page. Idempotent. */
export function postCancelPayment(id: string): Promise<Payment> {
  return api.post<Payment>(`${paymentPath(id)}/abandon`, {}, { as: 'visitor' });
}
