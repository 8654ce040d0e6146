import type { PaymentMethod } from '../api/types';

/**
 * The ways to pay that this storefront can offer, the preferred first, each method once. Fields of
 * the gateway's own script, and what a newer server may know besides, are for other pages.
 */
export function waysToPay(methods: readonly PaymentMethod[]): PaymentMethod[] {
  const ways = new Map<string, PaymentMethod>();
  for (const method of methods) {
    if (ENTRIES.has(method.entry.type) && !ways.has(method.method)) ways.set(method.method, method);
  }
  return [...ways.values()];
}

const ENTRIES: ReadonlySet<string> = new Set(['card_form', 'redirect', 'transfer'] satisfies PaymentMethod['entry']['type'][]);

type Entry = PaymentMethod['entry']['type'];

/** What follows for the customer where there is nothing to enter. */
export function whatFollows(entry: Entry): string {
  return entry === 'transfer'
    ? 'You will see where to transfer the money to.'
    : "You will continue on our payment partner's page.";
}

/** What the button that places the order does, besides placing it. */
export function whatPlacingDoes(entry: Entry | null): string {
  switch (entry) {
    case null:
      return 'Please look over your order. It is placed with this button; there is nothing to pay.';
    case 'redirect':
      return "Please look over your order. With this button you go on to our payment partner's page. The order is placed when you have paid there.";
    case 'transfer':
      return 'Please look over your order. With this button we keep the goods for you and show you where to transfer the money to. The order is placed when it has arrived.';
    default:
      return 'Please look over your order. It is placed, and paid, with this button.';
  }
}
