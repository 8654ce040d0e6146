import { useState } from 'react';
import { useAccount, useAddresses } from '../api/account';
import { useShop } from '../api/catalogue';
import { ApiError, isStatus } from '../api/problem';
import type { Cart } from '../api/types';
import { daysText } from '../components/dates';
import { errorsOf } from '../components/form-errors';
import type { FieldError } from '../components/Field';
import { Callout } from '../components/States';
import { PAYMENT_REVIEW } from '../messages/en';
import { sameMoney } from '../money/money';
import { Amount } from '../money/Price';
import { AddressText } from './AddressFields';
import { addressPointers, cleanAddress, destinationOf, sameDestination } from './address-rules';
import { ContinuePayment } from './ContinuePayment';
import { ContactStep } from './ContactStep';
import { DeliveryStep } from './DeliveryStep';
import { firstDraft, useDraft } from './draft';
import styles from './Form.module.css';
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
function contactErrors(phase: Phase): FieldError[] {
  if (phase.kind !== 'problem' || !(phase.error instanceof ApiError) || !isStatus(phase.error, 422)) return [];
  const errors = errorsOf(phase.error, POINTERS);
  return errors.some((error) => error.field) ? errors : [];
}

export function CheckoutFlow({ cart, purchase }: { cart: Cart; purchase: Purchase }) {
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
  const serverErrors = contactErrors(phase);
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
    });
  };

  const goTo = (step: StepName) => () => setRequested(step);
  // Opens the review, or the first incomplete step before it.
  const goNext = goTo('review');

  // While the payment is with the bank, the page must not offer to place a second order.
  if (phase.kind === 'bank') {
    return (
      <Callout kind="warn">
        <p><strong>{phase.page?.jwt === null ? "Your payment isn't complete yet." : "Your bank still needs to verify it's you."}</strong> We've saved your order for <Amount value={phase.amount} /> until then.</p>
        {!sameMoney(phase.amount, cart.totals.total) && (
          <p>Your cart has changed since. To order it as it is now, choose “Use a different payment method” and place the order again.</p>
        )}
        <ContinuePayment page={phase.page} cancelPayment={purchase.changePaymentMethod} />
      </Callout>
    );
  }
  if (phase.kind === 'undecided') {
    return (
      <Callout kind="warn">
        <p><strong>Your bank hasn't responded yet.</strong> We're still checking, and will email {draft.email} as soon as we know.</p>
        <p>Please don't order again. Reload this page to check for updates.</p>
      </Callout>
    );
  }
  return (
    <>
      {phase.kind === 'closed' && (
        <Callout kind="danger">
          <p><strong>The payment wasn't completed.</strong> {phase.reason} You haven't been charged. You can pay again below.</p>
        </Callout>
      )}

      <Step
        number={1}
        title="Contact and address"
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
        title="Delivery"
        state={stateOf('delivery')}
        onEdit={locked ? undefined : goTo('delivery')}
        summary={cart.shipping && (
          <p>
            {cart.shipping.label} to {cart.shipping.destination?.city ?? cart.shipping.place.name}, {daysText(cart.shipping.estimated_days)},{' '}
            {cart.shipping.total.amount === 0 ? 'free' : <Amount value={cart.shipping.price} />}
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
        title="Payment"
        state={stateOf('payment')}
        takesFocus={fromBank}
        onEdit={phase.kind === 'busy' || free ? undefined : () => {
          setPayment(null);
          setRequested('payment');
        }}
        summary={<p>{free ? 'Nothing to pay' : payment?.label}</p>}
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

      <Step number={4} title="Review and place order" state={stateOf('review')}>
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
            <Callout>Your order has changed: you now pay <Amount value={total} /> instead of <Amount value={phase.amount} />.</Callout>
          )}
          <p>{PAYMENT_REVIEW[payment?.entry ?? 'free']}</p>
          <PayButton phase={phase} busyText="Placing your order…" onPay={place}>
            Place order for <Amount value={total} />
          </PayButton>
        </div>
      </Step>
    </>
  );
}
