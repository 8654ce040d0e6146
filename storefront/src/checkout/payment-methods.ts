import type { PaymentEntry, PaymentMethod, Refusal } from '../api/types';
import type { PurchaseMessages } from '../messages/catalogue';
import { labelOf, serverText } from '../messages/server-text';

const SUPPORTED: ReadonlySet<string> = new Set(['card_form', 'redirect', 'transfer'] satisfies PaymentEntry[]);

/**
 * Returns the payment methods that this storefront supports, the preferred first and each once. A
 * method that needs the gateway's own script, or that only a newer storefront knows, is left out.
 */
export function offeredMethods(methods: readonly PaymentMethod[]): PaymentMethod[] {
  const offered = new Map<string, PaymentMethod>();
  for (const method of methods) {
    // The API lists the gateways in order of preference: the first that fits wins.
    if (SUPPORTED.has(method.entry.type) && !offered.has(method.method)) offered.set(method.method, method);
  }
  return [...offered.values()];
}

/** Names a payment method in the language of the page. The server names it in English. */
export function methodLabel({ method, label }: PaymentMethod, t: PurchaseMessages): string {
  const note = label.includes('(sandbox') ? ` (${t.payment.sandbox})` : '';
  return serverText(t, label, Object.hasOwn(t.payment.methods, method) ? labelOf(t.payment.methods, method, label) + note : label);
}

type RefusalReason = keyof PurchaseMessages['payment']['refusals'];

/** The codes that banks refuse cards with (ISO 8583), as far as customers can act on them. */
const REFUSAL_REASONS: ReadonlyMap<string, RefusalReason> = new Map<string, RefusalReason>([
  ['33', 'expired'],
  ...['4', '41', '43'].map((code) => [code, 'blocked'] as const),
  ['51', 'funds'],
  ...['15', '56'].map((code) => [code, 'number'] as const),
  ...['38', '55', '75'].map((code) => [code, 'code'] as const),
  ...['57', '62', '76'].map((code) => [code, 'usage'] as const),
  ['challenge-denied', 'unconfirmed'],
]);

export function refusalText({ code, reason }: Refusal, t: PurchaseMessages): string {
  if (reason === '') return '';
  return serverText(t, reason, t.payment.refusals[REFUSAL_REASONS.get(code) ?? 'other']);
}
