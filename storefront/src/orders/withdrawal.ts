import type { Order, OrderReturn, WithdrawalRequest } from '../api/types';
import { titleOf, type Returnable } from './returns';

type Lines = OrderReturn['lines'];

/** Lists what the customer can withdraw from. */
export function withdrawables({ lines, withdrawal }: Pick<Order, 'lines' | 'withdrawal'>): Returnable[] {
  return (withdrawal?.lines ?? []).map(({ sku, quantity }) => {
    const line = lines.find((one) => one.sku === sku);
    return { sku, title: line ? titleOf(line) : sku, left: quantity };
  });
}

/** Returns true if the choices are everything that was ordered. */
export function isWholeOrder(choices: readonly Returnable[], lines: readonly Pick<Order['lines'][number], 'quantity'>[]): boolean {
  const ordered = lines.reduce((sum, { quantity }) => sum + quantity, 0);
  return choices.reduce((sum, { left }) => sum + left, 0) === ordered;
}

/** The form's state. The quantities by SKU count only for a part of the order. */
export interface WithdrawalDraft {
  isPart: boolean;
  quantities: Readonly<Record<string, number>>;
}

/** Returns the items that the draft declares. */
export function declaredLines({ isPart, quantities }: WithdrawalDraft, choices: readonly Returnable[]): Lines {
  return choices
    .map(({ sku, left }) => ({ sku, quantity: isPart ? Math.min(quantities[sku] ?? 0, left) : left }))
    .filter(({ quantity }) => quantity > 0);
}

/** Builds the request. It names the items even if it is all of them, so that what was shown is what is declared. */
export function withdrawalRequest(draft: WithdrawalDraft, choices: readonly Returnable[]): WithdrawalRequest {
  return { lines: declaredLines(draft, choices) };
}
