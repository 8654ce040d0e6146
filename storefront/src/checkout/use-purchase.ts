import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { reloadCart } from '../api/cart';
import { isProblem } from '../api/problem';
import { confirmPayment, getPayment, postAttempt, postCheckout } from '../api/payment';
import type { CheckoutResponse, CheckoutRequest, Money, Payment, PaymentSource, Refusal } from '../api/types';
import { useToasts } from '../components/Toasts';
import { usePurchaseMessages } from '../messages/messages';
import { useNavigate } from '../router/hooks';
import { beginAttempt, RETRY_POLICY, pause, pendingAttempt, sameAttempt, sendAttempt, type Attempt } from './attempt';
import { bankPageOf, goToBank, type BankPage } from './bank-page';
import { describeDevice } from './device-data';
import { forgetDraft } from './draft';
import { cancelPayment } from './cancel-payment';
import { forgetPayment, openPaymentFor, openPaymentOf, orderPageOf, rememberedPayment, rememberPayment, transferPageOf, type OpenPayment } from './open-payment';
import { settlePayment, verdictOf } from './purchase';
import { browserStore, tabStore } from './tab-store';

export type Phase =
  | { kind: 'resuming' }
  | { kind: 'idle' }
  | { kind: 'busy'; slow: boolean }
  /** The customer has to continue on this page of the bank or the gateway; null when its URL is unusable. */
  | { kind: 'bank'; page: BankPage | null; amount: Money; open: OpenPayment }
  /** The order is stored with its price, and can be paid with another card or method, or changed. */
  | { kind: 'refused'; refusal: Refusal | null; amount: Money; open: OpenPayment }
  | { kind: 'closed'; reason: string | null }
  | { kind: 'undecided' }
  | { kind: 'problem'; error: unknown };

export type RefusedPhase = Extract<Phase, { kind: 'refused' }>;

const CHECKOUT = 'checkout';
const newKey = () => crypto.randomUUID();

type PurchaseBody = CheckoutRequest | { payment: PaymentSource };

function post({ target, body, key }: Attempt<PurchaseBody>): Promise<CheckoutResponse> {
  if (target === CHECKOUT) return postCheckout(body as CheckoutRequest, key);
  return postAttempt(target, (body as { payment: PaymentSource }).payment, key);
}

/** Returns a payment that a link named as this browser remembers it, which includes its cart, or without its cart. */
function openPaymentOfLink(payment: Payment): OpenPayment {
  const known = rememberedPayment(tabStore, browserStore);
  return known?.paymentId === payment.id ? known : openPaymentFor(payment, null);
}

/** Returns the payment that the cart is already being paid with (in another tab, or before), to resume it instead. */
function existingPayment(error: unknown): Payment | null {
  if (!isProblem(error, 'cart-in-checkout') && !isProblem(error, 'not-possible-now')) return null;
  return (error.body.payment as Payment | undefined) ?? null;
}

/**
 * One purchase, from the click to the order's page, across reloads and visits to the bank. `requestedPayment` is the id of a
 * payment to continue, whatever cart it was for.
 */
export function usePurchase(cartId: string | null | undefined, requestedPayment: string | null) {
  const t = usePurchaseMessages();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { announce } = useToasts();
  const [phase, setPhase] = useState<Phase>(() =>
    requestedPayment || pendingAttempt(tabStore) || rememberedPayment(tabStore, browserStore) ? { kind: 'resuming' } : { kind: 'idle' });

  const conclude = async (first: Payment, open: OpenPayment, justPlaced: boolean) => {
    const payment = await settlePayment(first, {
      read: () => getPayment(open.paymentId),
      wait: pause,
      onSlow: () => setPhase({ kind: 'busy', slow: true }),
      describeDevice: (action) => describeDevice(action, t.payment.deviceCheck),
      confirm: (deviceData) => confirmPayment(open.paymentId, { device_data: deviceData }),
    });
    switch (verdictOf(payment.status)) {
      case 'paid':
        forgetPayment(tabStore, browserStore);
        forgetDraft();
        announce(t.checkout.placed);
        await navigate(orderPageOf(open), { replace: true, state: { justPlaced: true } });
        return reloadCart(client);
      case 'action':
        return act(payment, open, justPlaced);
      case 'refused':
        return setPhase({ kind: 'refused', refusal: payment.refusal ?? null, amount: payment.amount, open });
      case 'closed':
        forgetPayment(tabStore, browserStore);
        return setPhase({ kind: 'closed', reason: payment.refusal?.reason ?? null });
      case 'waiting':
        return setPhase({ kind: 'undecided' });
    }
  };

  const act = async (payment: Payment, open: OpenPayment, justPlaced: boolean) => {
    if (payment.action?.type === 'transfer') {
      // A transfer may take days, so other tabs find it too. The order token stays in this tab.
      rememberPayment(browserStore, { ...open, orderToken: '' });
      await navigate(transferPageOf(payment.id), { replace: true });
      // The ordered items leave the cart a moment later.
      return pause(1_000).then(() => reloadCart(client));
    }
    const page = bankPageOf(payment, window.location.href);
    if (page && justPlaced) return goToBank(page);
    return setPhase({ kind: 'bank', page, amount: payment.amount, open });
  };

  const run = async (attempt: Attempt<PurchaseBody>) => {
    setPhase({ kind: 'busy', slow: false });
    try {
      const response = await sendAttempt(tabStore, attempt, post, RETRY_POLICY);
      const open = openPaymentOf(response, cartId ?? null);
      rememberPayment(tabStore, open);
      await conclude(response.payment, open, true);
    } catch (error) {
      const existing = existingPayment(error);
      if (existing) {
        const open = openPaymentFor(existing, cartId ?? null, tabStore, browserStore);
        rememberPayment(tabStore, open);
        return resumeOpen(open);
      }
      setPhase({ kind: 'problem', error });
      void reloadCart(client);
    }
  };

  const resumeOpen = async (known: OpenPayment | string) => {
    try {
      const payment = await getPayment(typeof known === 'string' ? known : known.paymentId);
      const open = typeof known === 'string' ? openPaymentOfLink(payment) : known;
      await conclude(payment, open, false);
    } catch {
      // Not readable, or unavailable. Starting over is safe: the server allows one open payment per cart.
      forgetPayment(tabStore, browserStore);
      setPhase({ kind: 'idle' });
    }
  };

  const resume = () => {
    const pending = pendingAttempt<PurchaseBody>(tabStore);
    if (pending) return void run(pending);
    if (requestedPayment) return void resumeOpen(requestedPayment);
    const open = rememberedPayment(tabStore, browserStore);
    // A payment of an earlier cart must not affect this one. It stays known, since it may be a transfer that is waited for.
    if (open && (open.cartId === null || open.cartId === cartId)) return void resumeOpen(open);
    setPhase({ kind: 'idle' });
  };

  const resumed = useRef(false);
  const resumeRef = useRef(resume);
  useEffect(() => {
    resumeRef.current = resume;
  });
  useEffect(() => {
    // Runs once, as soon as the cart is known.
    if (cartId === undefined || resumed.current) return;
    resumed.current = true;
    resumeRef.current();
  }, [cartId]);

  useEffect(() => {
    // The back button may restore this page from the back-forward cache, with an outdated state.
    const onShow = (event: PageTransitionEvent) => {
      if (event.persisted) resumeRef.current();
    };
    window.addEventListener('pageshow', onShow);
    return () => window.removeEventListener('pageshow', onShow);
  }, []);

  const start = (target: string, body: PurchaseBody) => {
    if (phase.kind === 'busy') return;
    const pending = pendingAttempt<PurchaseBody>(tabStore);
    // A pending attempt is settled first: the purchase may have succeeded already.
    if (pending && !sameAttempt(pending, target, body)) void run(pending);
    else void run(beginAttempt<PurchaseBody>(tabStore, target, body, newKey));
  };

  return {
    phase,
    /** Places the order of the cart. After a refused payment this pays the same order, or one for the cart as it is now. */
    place: (request: CheckoutRequest) => start(CHECKOUT, request),
    /** Pays an order whose cart is gone. */
    payOrder: (payment: PaymentSource) => {
      if (phase.kind === 'refused') start(phase.open.paymentId, { payment });
    },
    /** Cancels the pending step at the bank, so that another payment method can be chosen. */
    changePaymentMethod: async () => {
      if (phase.kind !== 'bank') return;
      await conclude(await cancelPayment(phase.open.paymentId), phase.open, false);
    },
    dismiss: () => setPhase({ kind: 'idle' }),
  };
}

export type Purchase = ReturnType<typeof usePurchase>;
