import { isStatus } from '../api/problem';
import type { CheckoutAnswer, Payment, PaymentStatus } from '../api/types';
import type { AttemptStore } from './attempt';

export type Verdict = 'paid' | 'challenge' | 'refused' | 'closed' | 'waiting';

export function verdictOf(status: PaymentStatus): Verdict {
  switch (status) {
    case 'authorised':
    // Paid and cancelled again: the order's own page tells the rest.
    case 'voided':
      return 'paid';
    case 'action_required':
      return 'challenge';
    case 'refused':
      return 'refused';
    case 'closed':
      return 'closed';
    default:
      // What a newer server may say besides: ask again rather than guess.
      return 'waiting';
  }
}

/** An order that has its payment still to come, with what opens it. */
export interface OpenPayment {
  paymentId: string;
  orderId: string;
  orderToken: string;
  cartId: string | null;
}

const SLOT = 'shop.payment';

/**
 * Kept for as long as the tab lives: who comes back from the bank's page, or reloads, finds the
 * order again, guests too.
 */
export function rememberPayment(store: AttemptStore, open: OpenPayment): void {
  store.setItem(SLOT, JSON.stringify(open));
}

export function rememberedPayment(store: AttemptStore): OpenPayment | null {
  try {
    const open = JSON.parse(store.getItem(SLOT) ?? 'null') as OpenPayment | null;
    return open && typeof open.paymentId === 'string' && typeof open.orderId === 'string' ? open : null;
  } catch {
    return null;
  }
}

export function forgetPayment(store: AttemptStore): void {
  store.removeItem(SLOT);
}

export function openPaymentOf(answer: CheckoutAnswer, cartId: string | null): OpenPayment {
  return { paymentId: answer.payment.id, orderId: answer.order_id, orderToken: answer.order_token, cartId };
}

/** The page of an order that this tab placed; the token opens it for guests as well. */
export function orderPageOf(open: Pick<OpenPayment, 'orderId' | 'orderToken'>): string {
  return `/orders/${open.orderId}${open.orderToken ? `?token=${encodeURIComponent(open.orderToken)}` : ''}`;
}

interface FollowRules {
  read: () => Promise<Payment>;
  wait: (ms: number) => Promise<void>;
  /** Called once when it takes so long that people should be told. */
  onSlow: () => void;
}

const PAUSES = [500, 800, 1_200, 1_800];
const PAUSE_THEN = 3_000;
const SLOW_AFTER = 6;
/** Ten minutes or so: beyond that the mail tells. */
const MOST_READS = 200;

/** Asks until the payment is decided. Lost answers are asked again; only a clear no ends it. */
export async function followPayment(first: Payment, { read, wait, onSlow }: FollowRules): Promise<Payment> {
  let payment = first;
  for (let reads = 0; verdictOf(payment.status) === 'waiting' && reads < MOST_READS; reads += 1) {
    if (reads === SLOW_AFTER) onSlow();
    await wait(PAUSES[reads] ?? PAUSE_THEN);
    try {
      payment = await read();
    } catch (error) {
      if (isStatus(error, 401) || isStatus(error, 403) || isStatus(error, 404)) throw error;
    }
  }
  return payment;
}

/** Where a challenge leads, if it is a web page at all. */
export function challengeUrl(payment: Payment, base: string): string | null {
  if (payment.action?.type !== 'redirect') return null;
  try {
    const url = new URL(payment.action.url, base);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
  } catch {
    return null;
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
