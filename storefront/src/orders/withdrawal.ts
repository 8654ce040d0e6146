import type { Order, OrderLine, OrderReturn, WithdrawalRequest } from '../api/types';
import { titleOf, type Returnable } from './returns';

type Lines = OrderReturn['lines'];

/** Lists what the customer can withdraw from. */
export function withdrawables({ lines, withdrawal }: Pick<Order, 'lines' | 'withdrawal'>): Returnable[] {
  return (withdrawal?.lines ?? []).map(({ sku, quantity }) => {
    const line = lines.find((one) => one.sku === sku);
    return { sku, title: line ? titleOf(line) : sku, left: quantity };
  });
}

/** The exceptions that leave no right at all. Sealed items can be withdrawn from until they are unsealed. */
const EXCLUDING: readonly OrderLine['withdrawal_exception'][] = ['made_to_order', 'perishable', 'periodical'];

/** Lists the items that the customer cannot withdraw from. */
export function excludedLines(lines: readonly OrderLine[]): OrderLine[] {
  return lines.filter((line) => EXCLUDING.includes(line.withdrawal_exception));
}

/** Returns true if an order has no right of withdrawal because of its items: every one is excepted. */
export function isExcluded({ lines, status }: Pick<Order, 'lines' | 'status'>): boolean {
  return status !== 'cancelled' && excludedLines(lines).length === lines.length;
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
