import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { reloadCart } from '../api/cart';
import { isProblem } from '../api/problem';
import { confirmPayment, getPayment, postAttempt, postCheckout } from '../api/payment';
import type { CheckoutAnswer, CheckoutRequest, Money, Payment, PaymentSource, Refusal } from '../api/types';
import { useNotices } from '../components/Notices';
import { beginAttempt, PATIENT, pause, pendingAttempt, sameAttempt, sendAttempt, type Attempt } from './attempt';
import { bankPageOf, goToBank, type BankPage } from './bank-page';
import { describeDevice } from './device-data';
import { forgetDraft } from './draft';
import { giveUp } from './give-up';
import { forgetPayment, openPaymentFor, openPaymentOf, orderPageOf, rememberedPayment, rememberPayment, transferPageOf, type OpenPayment } from './open-payment';
import { settlePayment, verdictOf } from './purchase';
import { browserStore, tabStore } from './tab-store';

export type Phase =
  | { kind: 'resuming' }
  | { kind: 'idle' }
  | { kind: 'busy'; slow: boolean }
  /** The customer has to go on at the bank, or at the gateway's page; null when there is none to go to. */
  | { kind: 'bank'; page: BankPage | null; open: OpenPayment }
  /** The order is kept, at its price, and waits for another card or another way to pay. */
  | { kind: 'refused'; refusal: Refusal | null; amount: Money; open: OpenPayment }
  | { kind: 'closed'; reason: string | null }
  | { kind: 'undecided' }
  | { kind: 'problem'; error: unknown };

const CHECKOUT = 'checkout';
const newKey = () => crypto.randomUUID();

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
    pendingAttempt(tabStore) || rememberedPayment(tabStore, browserStore) ? { kind: 'resuming' } : { kind: 'idle' });

  const conclude = async (first: Payment, open: OpenPayment, justPlaced: boolean) => {
    const payment = await settlePayment(first, {
      read: () => getPayment(open.paymentId),
      wait: pause,
      onSlow: () => setPhase({ kind: 'busy', slow: true }),
      describeDevice,
      confirm: (deviceData) => confirmPayment(open.paymentId, { device_data: deviceData }),
    });
    switch (verdictOf(payment.status)) {
      case 'paid':
        forgetPayment(tabStore, browserStore);
        forgetDraft();
        announce('Your order is placed');
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
      // It may take days: other tabs lead there too. The token stays with this one.
      rememberPayment(browserStore, { ...open, orderToken: '' });
      return navigate(transferPageOf(payment.id), { replace: true });
    }
    const page = bankPageOf(payment, window.location.href);
    if (page && justPlaced) return goToBank(page);
    return setPhase({ kind: 'bank', page, open });
  };

  const run = async (attempt: Attempt<PurchaseBody>) => {
    setPhase({ kind: 'busy', slow: false });
    try {
      const answer = await sendAttempt(tabStore, attempt, post, PATIENT);
      const open = openPaymentOf(answer, cartId ?? null);
      rememberPayment(tabStore, open);
      await conclude(answer.payment, open, true);
    } catch (error) {
      const inTheWay = paymentInTheWay(error);
      if (inTheWay) {
        const open = openPaymentFor(inTheWay, cartId ?? null, tabStore, browserStore);
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
      forgetPayment(tabStore, browserStore);
      setPhase({ kind: 'idle' });
    }
  };

  const resume = () => {
    const pending = pendingAttempt<PurchaseBody>(tabStore);
    if (pending) return void run(pending);
    const open = rememberedPayment(tabStore, browserStore);
    // A payment of an earlier cart is no business of this one.
    if (open && (open.cartId === null || open.cartId === cartId)) return void resumeOpen(open);
    forgetPayment(tabStore, browserStore);
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

  useEffect(() => {
    // Back from the bank's page by the browser's own button, to this page as it was left.
    const onShow = (event: PageTransitionEvent) => {
      if (event.persisted) resumeRef.current();
    };
    window.addEventListener('pageshow', onShow);
    return () => window.removeEventListener('pageshow', onShow);
  }, []);

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
    /** Gives up what is to be done at the bank; the order then waits for another way to pay. */
    payAnotherWay: async () => {
      if (phase.kind !== 'bank') return;
      await conclude(await giveUp(phase.open.paymentId), phase.open, false);
    },
    dismiss: () => setPhase({ kind: 'idle' }),
  };
}

export type Purchase = ReturnType<typeof usePurchase>;
