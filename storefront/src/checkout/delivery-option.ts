import type { Messages } from '../messages/catalogue';
import { labelOf, serverText } from '../messages/server-text';

/** Names a delivery option in the language of the page. The server names it in English. */
export function optionLabel({ option, label }: { option: string; label: string }, t: Messages): string {
  return serverText(t, label, labelOf(t.cart.deliveryOptions, option, label));
}

/** Names the delivery option of an order, of which the API has the English name only. */
export function orderedOptionLabel(label: string, t: Messages): string {
  return optionLabel({ option: label.toLowerCase(), label }, t);
}
