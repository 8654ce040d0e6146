import { useState } from 'react';
import { useAccount } from '../api/account';
import { useShop } from '../api/catalogue';
import { ApiError, isStatus } from '../api/problem';
import type { Cart, Quote } from '../api/types';
import { Button } from '../components/Button';
import { daysText } from '../components/dates';
import { errorsOf } from '../components/form-errors';
import type { FieldError } from '../components/Field';
import { Icon } from '../components/Icon';
import { Callout } from '../components/States';
import { Amount } from '../money/Price';
import { AddressText } from './AddressFields';
import { addressPointers, cleanAddress } from './address-rules';
import { BankWay } from './BankWay';
import { ContactStep } from './ContactStep';
import { DeliveryStep } from './DeliveryStep';
import { emptyAddress, useDraft } from './draft';
import styles from './Form.module.css';
import { isAboutPayment, PaymentStep, type ChosenPayment } from './PaymentStep';
import { PurchaseProblem } from './PurchaseProblem';
import { Step, type StepState } from './Step';
import type { Phase, Purchase } from './use-purchase';
import { whatPlacingDoes } from './ways-to-pay';

const STEPS = ['contact', 'delivery', 'payment', 'review'] as const;
type StepName = (typeof STEPS)[number];

const POINTERS = { '/email': 'checkout-email', ...addressPointers('checkout', '/address') };

/** The errors that a form of the first step can show beside its fields. */
function contactErrors(phase: Phase): FieldError[] {
  if (phase.kind !== 'problem' || !(phase.error instanceof ApiError) || !isStatus(phase.error, 422)) return [];
  const errors = errorsOf(phase.error, POINTERS);
  return errors.some((error) => error.field) ? errors : [];
}

export function CheckoutFlow({ cart, purchase }: { cart: Cart; purchase: Purchase }) {
  const { phase } = purchase;
  const { data: account } = useAccount();
  const { data: shop } = useShop();
  const [draft, setDraft] = useDraft(() => ({
    email: account?.email ?? '',
    address: { ...emptyAddress(shop?.country ?? ''), name: account?.name ?? '' },
  }));
  // Back from the bank with a no: all that is left to do is to pay.
  const [wanted, setWanted] = useState<StepName>(phase.kind === 'refused' ? 'payment' : 'contact');
  const [contactDone, setContactDone] = useState(false);
  const [quote, setQuote] = useState<Quote | null>(null);
  const [lastPlace, setLastPlace] = useState(cart.shipping?.place ?? null);
  const [payment, setPayment] = useState<ChosenPayment | null>(null);
  const serverErrors = contactErrors(phase);
  const paymentProblem = phase.kind === 'problem' && isAboutPayment(phase.error) ? phase.error : null;

  const refused = phase.kind === 'refused';
  // What waits to be paid is the order as it was placed, whatever happened to the cart since.
  const total = phase.kind === 'refused' ? phase.amount : cart.totals.total;
  const free = total.amount === 0;
  // Delivery was quoted for one country: another address needs another quote.
  const deliveryDone = refused || cart.shipping?.place.country === draft.address.country;
  const done: Record<StepName, boolean> = {
    contact: refused || contactDone,
    delivery: deliveryDone,
    payment: payment !== null || free,
    review: false,
  };
  // The step on show: the one asked for, unless one before it is (again) to be done.
  const current = STEPS.find((step) => step === wanted || !done[step]) ?? 'review';
  const stateOf = (step: StepName): StepState => {
    if (step === current) return 'current';
    return STEPS.indexOf(step) < STEPS.indexOf(current) ? 'done' : 'later';
  };
  const locked = phase.kind === 'busy' || refused;

  // What the server says moves the visitor to where it can be mended.
  const [seen, setSeen] = useState(phase);
  const [fromBank, setFromBank] = useState(false);
  if (seen !== phase) {
    setSeen(phase);
    setFromBank(seen.kind === 'bank');
    if (serverErrors.length > 0) {
      setContactDone(false);
      setWanted('contact');
    }
    if (phase.kind === 'refused' || phase.kind === 'closed' || paymentProblem) {
      setPayment(null);
      setWanted('payment');
    }
  }

  // The cart lost its delivery (its lines were changed): the old quote is of no use either.
  const [seenShipping, setSeenShipping] = useState(cart.shipping);
  if (seenShipping !== cart.shipping) {
    setSeenShipping(cart.shipping);
    if (!cart.shipping) setQuote(null);
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

  const goTo = (step: StepName) => () => setWanted(step);
  // To the end, or to the first step on the way that is still to be done.
  const goOn = goTo('review');

  // The payment is with the bank: a second order is the last thing to offer now.
  if (phase.kind === 'bank') {
    return (
      <Callout kind="warn">
        <p><strong>{phase.page?.jwt === null ? 'The payment is not finished yet.' : 'Your bank still wants to confirm that it is you.'}</strong> Your order is kept until then.</p>
        <BankWay page={phase.page} giveUp={purchase.payAnotherWay} />
      </Callout>
    );
  }
  if (phase.kind === 'undecided') {
    return (
      <Callout kind="warn">
        <p><strong>Your bank has not answered yet.</strong> We keep asking, and write to {draft.email} as soon as we know.</p>
        <p>Please do not order again. Reload this page to see whether there is news.</p>
      </Callout>
    );
  }
  return (
    <>
      {phase.kind === 'closed' && (
        <Callout kind="danger">
          <p><strong>The payment was given up.</strong> {phase.reason} Nothing was charged. You can pay again below.</p>
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
          serverErrors={serverErrors}
          onDone={() => {
            setContactDone(true);
            goOn();
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
            {cart.shipping.label} to {cart.shipping.place.name}, {daysText(cart.shipping.estimated_days)},{' '}
            {cart.shipping.total.amount === 0 ? 'free' : <Amount value={cart.shipping.price} />}
          </p>
        )}
      >
        <DeliveryStep
          key={draft.address.country}
          cart={cart}
          country={draft.address.country}
          city={draft.address.city}
          quote={quote?.place.country === draft.address.country ? quote : null}
          lastPlace={lastPlace?.country === draft.address.country ? lastPlace : null}
          onQuote={(next) => {
            setQuote(next);
            if (next) setLastPlace(next.place);
          }}
          onDone={goOn}
        />
      </Step>

      <Step
        number={3}
        title="Payment"
        state={stateOf('payment')}
        takesFocus={fromBank}
        onEdit={phase.kind === 'busy' || free ? undefined : () => {
          setPayment(null);
          setWanted('payment');
        }}
        summary={<p>{free ? 'Nothing to pay' : payment?.label}</p>}
      >
        <PaymentStep
          problem={paymentProblem}
          refusal={refused ? (phase.refusal ?? { code: '', reason: '' }) : null}
          onDone={(chosen) => {
            setPayment(chosen);
            goOn();
          }}
        />
      </Step>

      <Step number={4} title="Review and place the order" state={stateOf('review')}>
        <div className={styles.pay}>
          {phase.kind === 'problem' && serverErrors.length === 0 && !paymentProblem && (
            <PurchaseProblem
              error={phase.error}
              cart={cart}
              onPlaceAgain={place}
              onDelivery={() => {
                purchase.dismiss();
                setQuote(null);
                setWanted('delivery');
              }}
              onDismiss={purchase.dismiss}
            />
          )}
          {refused && (total.amount !== cart.totals.total.amount || total.currency !== cart.totals.total.currency) && (
            <Callout>This pays for the order as you placed it. What you changed in your cart since is not part of it.</Callout>
          )}
          <p>{whatPlacingDoes(payment?.entry ?? null)}</p>
          <Button size="large" wide busy={phase.kind === 'busy'} onClick={place}>
            <Icon name="lock" size={18} /> <span>Place order for <Amount value={total} /></span>
          </Button>
          <p role="status" className={styles.hint}>
            {phase.kind === 'busy' && (phase.slow
              ? 'Your bank takes longer than usual. Your order is safe with us, even if you close this page.'
              : 'Placing your order…')}
          </p>
        </div>
      </Step>
    </>
  );
}
