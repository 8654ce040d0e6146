import { useState } from 'react';
import { useAccount, useAddresses } from '../api/account';
import { useShop } from '../api/catalogue';
import { ApiError, isStatus } from '../api/problem';
import type { Cart } from '../api/types';
import { errorsOf } from '../components/form-errors';
import type { FieldError } from '../components/Field';
import { Callout } from '../components/States';
import { sameMoney } from '../money/money';
import { Amount } from '../money/Price';
import type { PurchaseMessages } from '../messages/catalogue';
import { serverText } from '../messages/server-text';
import { usePurchaseMessages } from '../messages/messages';
import { AddressText } from './AddressFields';
import { addressPointers, cleanAddress, destinationOf, sameDestination } from './address-rules';
import { ContinuePayment } from './ContinuePayment';
import { ContactStep } from './ContactStep';
import { optionLabel } from './delivery-option';
import { DeliveryStep } from './DeliveryStep';
import { firstDraft, useDraft } from './draft';
import styles from './Form.module.css';
import { LegalGuarantee } from './LegalGuarantee';
import { LegalNotice } from './LegalNotice';
import { FinalSummary } from './OrderSummary';
import { isAboutPayment, PaymentStep, type ChosenPayment } from './PaymentStep';
import { PayButton } from './PayButton';
import { PurchaseProblem } from './PurchaseProblem';
import { Step, type StepState } from './Step';
import { useDeliveryQuote } from './use-delivery-quote';
import type { Phase, Purchase } from './use-purchase';

const STEPS = ['contact', 'delivery', 'payment', 'review'] as const;
type StepName = (typeof STEPS)[number];

const POINTERS = { '/email': 'checkout-email', ...addressPointers('checkout', '/address') };

/** The errors that belong to fields of the first step. */
function contactErrors(phase: Phase, t: PurchaseMessages): FieldError[] {
  if (phase.kind !== 'problem' || !(phase.error instanceof ApiError) || !isStatus(phase.error, 422)) return [];
  const errors = errorsOf(phase.error, POINTERS, t);
  return errors.some((error) => error.field) ? errors : [];
}

export function CheckoutFlow({ cart, purchase }: { cart: Cart; purchase: Purchase }) {
  const t = usePurchaseMessages();
  const { phase } = purchase;
  const { data: account } = useAccount();
  const { data: shop } = useShop();
  const { data: saved } = useAddresses(Boolean(account));
  const [draft, setDraft] = useDraft(() => firstDraft(account?.email ?? '', account?.name ?? '', shop?.country ?? '', saved?.items));
  // After a refused payment, the payment is the only step left.
  const [requested, setRequested] = useState<StepName>(phase.kind === 'refused' ? 'payment' : 'contact');
  const [contactDone, setContactDone] = useState(false);
  const delivery = useDeliveryQuote();
  const [payment, setPayment] = useState<ChosenPayment | null>(null);
  const serverErrors = contactErrors(phase, t);
  const paymentProblem = phase.kind === 'problem' && isAboutPayment(phase.error) ? phase.error : null;

  // The order can be changed until it is paid: placing it again gives the refused payment up.
  const refused = phase.kind === 'refused';
  const total = cart.totals.total;
  const free = total.amount === 0;
  // A delivery quote is for one address: another one needs a new quote.
  const deliveryDone = sameDestination(cart.shipping?.destination, destinationOf(draft.address));
  const done: Record<StepName, boolean> = {
    // The contact details of a refused payment were accepted when the order was placed.
    contact: contactDone || (refused && draft.email !== ''),
    delivery: deliveryDone,
    payment: payment !== null || free,
    review: false,
  };
  // Shows the requested step, unless an earlier one is incomplete.
  const current = STEPS.find((step) => step === requested || !done[step]) ?? 'review';
  const stateOf = (step: StepName): StepState => {
    if (step === current) return 'current';
    return STEPS.indexOf(step) < STEPS.indexOf(current) ? 'done' : 'later';
  };
  const locked = phase.kind === 'busy';

  // An error opens the step where it can be corrected.
  const [seen, setSeen] = useState(phase);
  const [fromBank, setFromBank] = useState(false);
  if (seen !== phase) {
    setSeen(phase);
    setFromBank(seen.kind === 'bank');
    if (serverErrors.length > 0) {
      setContactDone(false);
      setRequested('contact');
    }
    if (phase.kind === 'refused' || phase.kind === 'closed' || paymentProblem) {
      setPayment(null);
      setRequested('payment');
    }
  }

  // The server drops the delivery when the cart's lines change, and then the quote is stale as well.
  const [seenShipping, setSeenShipping] = useState(cart.shipping);
  if (seenShipping !== cart.shipping) {
    setSeenShipping(cart.shipping);
    if (!cart.shipping) delivery.expire();
  }

  const place = () => {
    if (!payment && !free) return;
    purchase.place({
      email: draft.email.trim(),
      address: cleanAddress(draft.address),
      payment: payment && payment.source,
      expected_total: cart.totals.total,
      // Emails about the order come in the language of the page.
      language: t.language,
    });
  };

  const goTo = (step: StepName) => () => setRequested(step);
  // Opens the review, or the first incomplete step before it.
  const goNext = goTo('review');

  // While the payment is with the bank, the page must not offer to place a second order.
  if (phase.kind === 'bank') {
    return (
      <Callout kind="warn">
        <p><strong>{phase.page?.jwt === null ? t.payment.hostedIncomplete : t.payment.bankWaits}</strong> {t.payment.savedOrder(<Amount value={phase.amount} />)}</p>
        {!sameMoney(phase.amount, cart.totals.total) && (
          <p>{t.payment.cartChangedSince}</p>
        )}
        <ContinuePayment page={phase.page} cancelPayment={purchase.changePaymentMethod} />
      </Callout>
    );
  }
  if (phase.kind === 'undecided') {
    return (
      <Callout kind="warn">
        <p><strong>{t.payment.undecided}</strong> {t.payment.undecidedText(draft.email)}</p>
        <p>{t.payment.undecidedNote}</p>
      </Callout>
    );
  }
  return (
    <>
      {phase.kind === 'closed' && (
        <Callout kind="danger">
          <p><strong>{t.payment.notCompleted}</strong> {serverText(t, phase.reason, '')} {t.payment.notCompletedText}</p>
        </Callout>
      )}

      <Step
        number={1}
        title={t.checkout.contact}
        state={stateOf('contact')}
        onEdit={locked ? undefined : goTo('contact')}
        summary={draft.email !== '' && <><p>{draft.email}</p><AddressText address={draft.address} /></>}
      >
        <ContactStep
          draft={draft}
          onChange={setDraft}
          delivery={delivery}
          isDelivered={deliveryDone}
          serverErrors={serverErrors}
          onDone={() => {
            setContactDone(true);
            goNext();
          }}
        />
      </Step>

      <Step
        number={2}
        title={t.checkout.delivery}
        state={stateOf('delivery')}
        onEdit={locked ? undefined : goTo('delivery')}
        summary={cart.shipping && (
          <p>
            {t.checkout.deliverySummary(
              optionLabel(cart.shipping, t),
              cart.shipping.destination?.city ?? cart.shipping.place.name,
              t.common.days(cart.shipping.estimated_days.min, cart.shipping.estimated_days.max),
            )}
            {cart.shipping.total.amount === 0 ? t.checkout.free : <Amount value={cart.shipping.price} />}
          </p>
        )}
      >
        <DeliveryStep
          cart={cart}
          address={draft.address}
          delivery={delivery}
          onQuoted={({ destination }) => {
            // The form in which the order will have it, such as the usual spacing of the postal code.
            if (destination) setDraft({ ...draft, address: { ...draft.address, ...destination } });
          }}
          onDone={goNext}
        />
      </Step>

      <Step
        number={3}
        title={t.checkout.payment}
        state={stateOf('payment')}
        takesFocus={fromBank}
        onEdit={phase.kind === 'busy' || free ? undefined : () => {
          setPayment(null);
          setRequested('payment');
        }}
        summary={<p>{free ? t.checkout.nothingToPay : payment?.label}</p>}
      >
        <PaymentStep
          problem={paymentProblem}
          refusal={refused ? (phase.refusal ?? { code: '', reason: '' }) : null}
          onDone={(chosen) => {
            setPayment(chosen);
            goNext();
          }}
        />
      </Step>

      <Step number={4} title={t.checkout.review} state={stateOf('review')}>
        <div className={styles.pay}>
          {phase.kind === 'problem' && serverErrors.length === 0 && !paymentProblem && (
            <PurchaseProblem
              error={phase.error}
              cart={cart}
              onPlaceAgain={place}
              onDelivery={() => {
                purchase.dismiss();
                delivery.expire();
                setRequested('delivery');
              }}
              onDismiss={purchase.dismiss}
            />
          )}
          {refused && !sameMoney(phase.amount, total) && (
            <Callout>{t.checkout.nowPays(<Amount value={total} />, <Amount value={phase.amount} />)}</Callout>
          )}
          <p>{t.payment.review[payment?.entry ?? 'free']}</p>
          <LegalNotice />
          <LegalGuarantee />
          <FinalSummary cart={cart} />
          <PayButton phase={phase} busyText={t.checkout.placing} onPay={place}>
            {free ? t.checkout.placeFree : t.checkout.placeOrder}
          </PayButton>
        </div>
      </Step>
    </>
  );
}
