import type { CheckoutResponse, Payment } from '../api/types';
import type { AttemptStore } from './attempt';

/** An order whose payment is pending, with the token that opens it. */
export interface OpenPayment {
  paymentId: string;
  orderId: string;
  orderToken: string;
  cartId: string | null;
}

const SLOT = 'shop.payment';

/** Stores the payment, so that a guest too finds the order after a reload or a visit to the bank. */
export function rememberPayment(store: AttemptStore, open: OpenPayment): void {
  store.setItem(SLOT, JSON.stringify(open));
}

/** Resumes a payment that the server reported, with the order token if one of the stores has it. */
export function openPaymentFor(payment: Pick<Payment, 'id' | 'order_id'>, cartId: string | null, ...stores: AttemptStore[]): OpenPayment {
  const known = rememberedPayment(...stores);
  return { paymentId: payment.id, orderId: payment.order_id, orderToken: known?.paymentId === payment.id ? known.orderToken : '', cartId };
}

/** Returns the payment of the first store that has one. */
export function rememberedPayment(...stores: AttemptStore[]): OpenPayment | null {
  for (const store of stores) {
    const open = parsed(store.getItem(SLOT));
    if (open) return open;
  }
  return null;
}

function parsed(text: string | null): OpenPayment | null {
  try {
    const open = JSON.parse(text ?? 'null') as OpenPayment | null;
    return open && typeof open.paymentId === 'string' && typeof open.orderId === 'string' ? open : null;
  } catch {
    return null;
  }
}

export function forgetPayment(...stores: AttemptStore[]): void {
  for (const store of stores) store.removeItem(SLOT);
}

export function openPaymentOf(response: CheckoutResponse, cartId: string | null): OpenPayment {
  return { paymentId: response.payment.id, orderId: response.order_id, orderToken: response.order_token, cartId };
}

/** The page of an order that this tab placed. The token opens it for guests as well. */
export function orderPageOf(open: Pick<OpenPayment, 'orderId' | 'orderToken'>): string {
  return `/orders/${open.orderId}${open.orderToken ? `?token=${encodeURIComponent(open.orderToken)}` : ''}`;
}

/** The page with the bank details of a transfer. */
export function transferPageOf(paymentId: string): string {
  return `/checkout/transfer?payment=${encodeURIComponent(paymentId)}`;
}
