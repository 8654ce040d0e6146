import type { PaymentEntry, PaymentMethod } from '../api/types';

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
