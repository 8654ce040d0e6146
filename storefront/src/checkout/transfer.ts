import type { PaymentAction } from '../api/types';

export type Transfer = Extract<PaymentAction, { type: 'transfer' }>;

/** In groups of four, as on paper. */
export function groupedIban(iban: string): string {
  return iban.replaceAll(/\s/g, '').replaceAll(/(.{4})(?=.)/g, '$1 ');
}
