import { useMessages } from '../messages/messages';
import { Link } from '../router/Link';
import { rememberedPayment, transferPageOf } from './open-payment';
import { browserStore } from './tab-store';

/** Leads back to the bank details of an order that waits for a transfer, which is no longer in the cart. */
export function AwaitedTransfer() {
  const t = useMessages();
  const open = rememberedPayment(browserStore);
  if (!open) return null;
  return <p>{t.cart.awaitedTransfer} <Link to={transferPageOf(open.paymentId)}>{t.cart.viewBankDetails}</Link></p>;
}
