import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { reloadCart } from '../api/cart';
import { isProblem } from '../api/problem';
import { getPayment, postAttempt, postCheckout } from '../api/payment';
import type { CheckoutAnswer, CheckoutRequest, Payment, PaymentSource, Refusal } from '../api/types';
import { useNotices } from '../components/Notices';
import { beginAttempt, pendingAttempt, sameAttempt, sendAttempt, type Attempt } from './attempt';
import { forgetDraft } from './draft';
import { challengeUrl, followPayment, forgetPayment, openPaymentOf, orderPageOf, pause, rememberedPayment, rememberPayment, verdictOf, type OpenPayment } from './purchase';
import { tabStore } from './tab-store';

export type Phase =
  | { kind: 'resuming' }
  | { kind: 'idle' }
  | { kind: 'busy'; slow: boolean }
  /** The bank wants to see the customer. */
  | { kind: 'challenge'; url: string }
  /** The order is kept and waits for another card. */
  | { kind: 'refused'; refusal: Refusal | null; open: OpenPayment }
  | { kind: 'closed'; reason: string | null }
  | { kind: 'undecided' }
  | { kind: 'problem'; error: unknown };

const CHECKOUT = 'checkout';
const newKey = () => crypto.randomUUID();

/** Sending twice at once, then with some patience: 20 seconds in all before it is said aloud. */
const SEND_RULES = { pauses: [600, 1_500, 3_000, 6_000, 9_000], wait: pause };

type PurchaseBody = CheckoutRequest | { payment: PaymentSource };

function post({ target, body, key }: Attempt<PurchaseBody>): Promise<CheckoutAnswer> {
  if (target === CHECKOUT) return postCheckout(body as CheckoutRequest, key);
  return postAttempt(target, (body as { payment: PaymentSource }).payment, key);
}

/** The cart is being paid for already (in another tab, or before): that payment goes on instead. */
function paymentInTheWay(error: unknown): Payment | null {
  if (!isProblem(error, 'cart-in-checkout') && !isProblem(error, 'not-possible-now')) return null;
  return (error.body.payment as Payment | undefined) ?? null;
}

/** One purchase, from the press of the button to the order's page, across reloads and the bank's. */
export function usePurchase(cartId: string | null | undefined) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { announce } = useNotices();
  const [phase, setPhase] = useState<Phase>(() =>
    pendingAttempt(tabStore) || rememberedPayment(tabStore) ? { kind: 'resuming' } : { kind: 'idle' });

  const conclude = async (first: Payment, open: OpenPayment, justPlaced: boolean) => {
    const payment = await followPayment(first, {
      read: () => getPayment(open.paymentId),
      wait: pause,
      onSlow: () => setPhase({ kind: 'busy', slow: true }),
    });
    const url = challengeUrl(payment, window.location.href);
    switch (verdictOf(payment.status)) {
      case 'paid':
        forgetPayment(tabStore);
        forgetDraft();
        announce('Your order is placed');
        await navigate(orderPageOf(open), { replace: true, state: { justPlaced: true } });
        return reloadCart(client);
      case 'challenge':
        if (url && justPlaced) return window.location.assign(url);
        return setPhase(url ? { kind: 'challenge', url } : { kind: 'undecided' });
      case 'refused':
        return setPhase({ kind: 'refused', refusal: payment.refusal ?? null, open });
      case 'closed':
        forgetPayment(tabStore);
        return setPhase({ kind: 'closed', reason: payment.refusal?.reason ?? null });
      case 'waiting':
        return setPhase({ kind: 'undecided' });
    }
  };

  const run = async (attempt: Attempt<PurchaseBody>) => {
    setPhase({ kind: 'busy', slow: false });
    try {
      const answer = await sendAttempt(tabStore, attempt, post, SEND_RULES);
      const open = openPaymentOf(answer, cartId ?? null);
      rememberPayment(tabStore, open);
      await conclude(answer.payment, open, true);
    } catch (error) {
      const inTheWay = paymentInTheWay(error);
      if (inTheWay) {
        const known = rememberedPayment(tabStore);
        const orderToken = known?.paymentId === inTheWay.id ? known.orderToken : '';
        const open = { paymentId: inTheWay.id, orderId: inTheWay.order_id, orderToken, cartId: cartId ?? null };
        rememberPayment(tabStore, open);
        return resumeOpen(open);
      }
      setPhase({ kind: 'problem', error });
      void reloadCart(client);
    }
  };

  const resumeOpen = async (open: OpenPayment) => {
    try {
      await conclude(await getPayment(open.paymentId), open, false);
    } catch {
      // Not ours any more, or away: the server still holds at most one payment per cart.
      forgetPayment(tabStore);
      setPhase({ kind: 'idle' });
    }
  };

  const resume = () => {
    const pending = pendingAttempt<PurchaseBody>(tabStore);
    if (pending) return void run(pending);
    const open = rememberedPayment(tabStore);
    // A payment of an earlier cart is no business of this one.
    if (open && (open.cartId === null || open.cartId === cartId)) return void resumeOpen(open);
    forgetPayment(tabStore);
    setPhase({ kind: 'idle' });
  };

  const resumed = useRef(false);
  const resumeRef = useRef(resume);
  useEffect(() => {
    resumeRef.current = resume;
  });
  useEffect(() => {
    // Once, as soon as it is known which cart this is.
    if (cartId === undefined || resumed.current) return;
    resumed.current = true;
    resumeRef.current();
  }, [cartId]);

  const start = (target: string, body: PurchaseBody) => {
    if (phase.kind === 'busy') return;
    const pending = pendingAttempt<PurchaseBody>(tabStore);
    // The fate of an earlier attempt comes first: its answer may be that all is bought already.
    if (pending && !sameAttempt(pending, target, body)) void run(pending);
    else void run(beginAttempt<PurchaseBody>(tabStore, target, body, newKey));
  };

  return {
    phase,
    /** Places the order, or pays the one that waits for another card. */
    place: (request: CheckoutRequest) => {
      if (phase.kind === 'refused' && request.payment) start(phase.open.paymentId, { payment: request.payment });
      else start(CHECKOUT, request);
    },
    dismiss: () => setPhase({ kind: 'idle' }),
  };
}

export type Purchase = ReturnType<typeof usePurchase>;
