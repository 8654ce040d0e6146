import type { CheckoutAnswer, Payment } from '../api/types';
import type { AttemptStore } from './attempt';

/** An order that has its payment still to come, with what opens it. */
export interface OpenPayment {
  paymentId: string;
  orderId: string;
  orderToken: string;
  cartId: string | null;
}

const SLOT = 'shop.payment';

/** Who comes back from the bank's page, or reloads, finds the order again, guests too. */
export function rememberPayment(store: AttemptStore, open: OpenPayment): void {
  store.setItem(SLOT, JSON.stringify(open));
}

/** A payment that is taken up from the server's word: what the stores know of it is kept, above all what opens the order. */
export function openPaymentFor(payment: Pick<Payment, 'id' | 'order_id'>, cartId: string | null, ...stores: AttemptStore[]): OpenPayment {
  const known = rememberedPayment(...stores);
  return { paymentId: payment.id, orderId: payment.order_id, orderToken: known?.paymentId === payment.id ? known.orderToken : '', cartId };
}

/** The first that one of the stores knows. */
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

export function openPaymentOf(answer: CheckoutAnswer, cartId: string | null): OpenPayment {
  return { paymentId: answer.payment.id, orderId: answer.order_id, orderToken: answer.order_token, cartId };
}

/** The page of an order that this tab placed; the token opens it for guests as well. */
export function orderPageOf(open: Pick<OpenPayment, 'orderId' | 'orderToken'>): string {
  return `/orders/${open.orderId}${open.orderToken ? `?token=${encodeURIComponent(open.orderToken)}` : ''}`;
}

/** Where one reads what to transfer, now and on any later day. */
export function transferPageOf(paymentId: string): string {
  return `/checkout/transfer?payment=${encodeURIComponent(paymentId)}`;
}
