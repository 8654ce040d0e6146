import { useQuery } from '@tanstack/react-query';
import { api, postPlainly } from './client';
import type { CardFields, CheckoutAnswer, CheckoutRequest, ConfirmRequest, Items, Payment, PaymentMethod, PaymentSource } from './types';

export function usePaymentMethods() {
  return useQuery<Items<PaymentMethod>>({ queryKey: ['/api/v1/payment-methods'] });
}

/**
 * Trades card fields for a session reference, at the address the gateway names. The card itself
 * is sent nowhere else and kept nowhere.
 */
export async function openCardSession(url: string, card: CardFields): Promise<string> {
  const answer = await postPlainly<{ session: string }>(url, card);
  return answer.session;
}

export function postCheckout(body: CheckoutRequest, idempotencyKey: string): Promise<CheckoutAnswer> {
  return api.post<CheckoutAnswer>('/api/v1/checkout', body, { as: 'visitor', idempotencyKey });
}

export function postAttempt(paymentId: string, payment: PaymentSource, idempotencyKey: string): Promise<CheckoutAnswer> {
  return api.post<CheckoutAnswer>(`${paymentPath(paymentId)}/attempts`, { payment }, { as: 'visitor', idempotencyKey });
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

/** A payment that is decided elsewhere, and may take days: it is asked about for as long as one looks. */
export function useWaitingPayment(id: string) {
  return useQuery<Payment>({
    queryKey: waitingPaymentKey(id),
    enabled: id !== '',
    staleTime: 5_000,
    refetchOnWindowFocus: true,
    refetchInterval: ({ state }) => (state.data?.status === 'action_required' || state.data?.status === 'processing' ? 15_000 : false),
  });
}

/** The customer is back, or the bank knows the browser. Said as often as one likes: it is done once. */
export function confirmPayment(id: string, request: ConfirmRequest = {}): Promise<Payment> {
  return api.post<Payment>(`${paymentPath(id)}/confirm`, request, { as: 'visitor' });
}

/** Ends what the customer was to do at a bank or at the gateway's page. Said twice, it is done once. */
export function postGiveUp(id: string): Promise<Payment> {
  return api.post<Payment>(`${paymentPath(id)}/give-up`, {}, { as: 'visitor' });
}
