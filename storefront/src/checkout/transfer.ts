import type { PaymentAction } from '../api/types';

export type Transfer = Extract<PaymentAction, { type: 'transfer' }>;

/** Groups an IBAN in fours, as it is printed. */
export function groupedIban(iban: string): string {
  return iban.replaceAll(/\s/g, '').replaceAll(/(.{4})(?=.)/g, '$1 ');
}
