import { useQuery } from '@tanstack/react-query';
import { api, postPlainly } from './client';
import type { CardFields, CheckoutAnswer, CheckoutRequest, Items, Payment, PaymentMethod, PaymentSource } from './types';

export function usePaymentMethods() {
  return useQuery<Items<PaymentMethod>>({ queryKey: ['/api/v1/payment-methods'] });
}

/**
 * Trades card fields for a session reference, at the address the gateway names. The card itself
 * is sent nowhere else and kept nowhere.
 */
export async function openCardSession(sessionUrl: string, card: CardFields): Promise<string> {
  const answer = await postPlainly<{ session: string }>(sessionUrl, card);
  return answer.session;
}

export function postCheckout(body: CheckoutRequest, idempotencyKey: string): Promise<CheckoutAnswer> {
  return api.post<CheckoutAnswer>('/api/v1/checkout', body, { as: 'visitor', idempotencyKey });
}

export function postAttempt(paymentId: string, payment: PaymentSource, idempotencyKey: string): Promise<CheckoutAnswer> {
  return api.post<CheckoutAnswer>(`/api/v1/payments/${paymentId}/attempts`, { payment }, { as: 'visitor', idempotencyKey });
}

export function getPayment(id: string, signal?: AbortSignal): Promise<Payment> {
  return api.get<Payment>(`/api/v1/payments/${id}`, { signal });
}

export function confirmPayment(id: string): Promise<Payment> {
  return api.post<Payment>(`/api/v1/payments/${id}/confirm`, {}, { as: 'visitor' });
}
