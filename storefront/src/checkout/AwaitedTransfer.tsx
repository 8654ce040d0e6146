import { Link } from 'react-router';
import { rememberedPayment, transferPageOf } from './open-payment';
import { browserStore } from './tab-store';

/** Leads back to the bank details of an order that waits for a transfer, which is no longer in the cart. */
export function AwaitedTransfer() {
  const open = rememberedPayment(browserStore);
  if (!open) return null;
  return <p>Your last order is waiting for your bank transfer. <Link to={transferPageOf(open.paymentId)}>View the bank details</Link></p>;
}
