import type { Money, Order, OrderReturn, ReturnRequest } from '../api/types';
import type { FieldError } from '../components/Field';
import type { PurchaseMessages } from '../messages/catalogue';

type ReturnableOrder = Pick<Order, 'lines' | 'returns'>;

/** An item of an order, with the number of units that can still be returned. */
export interface Returnable {
  sku: string;
  title: string;
  left: number;
}

export function titleOf({ title, option_values }: { title: string; option_values: string[] }): string {
  return [title, ...option_values].join(', ');
}

/** Lists what can still be returned. Each unit can be returned once, unless its return was rejected. */
export function returnables({ lines, returns }: ReturnableOrder): Returnable[] {
  const bySku = new Map<string, Returnable>();
  for (const line of lines) {
    const known = bySku.get(line.sku) ?? { sku: line.sku, title: titleOf(line), left: 0 };
    bySku.set(line.sku, { ...known, left: known.left + line.quantity });
  }
  for (const one of returns) {
    for (const { sku, quantity } of linesOf(one)) {
      const known = bySku.get(sku);
      if (known) bySku.set(sku, { ...known, left: Math.max(0, known.left - quantity) });
    }
  }
  return [...bySku.values()].filter(({ left }) => left > 0);
}

function linesOf({ status, lines, accepted }: OrderReturn): OrderReturn['lines'] {
  // Units that the shop did not accept still belong to the customer, who may ask again.
  return status === 'requested' ? lines : accepted;
}

/** Formats each item of a return, such as "2 × Pour-Over Kettle, Matt black". */
export function contentsOf(lines: OrderReturn['lines'], order: ReturnableOrder): string[] {
  return lines.map(({ sku, quantity }) => {
    const line = order.lines.find((one) => one.sku === sku);
    return `${quantity} × ${line ? titleOf(line) : sku}`;
  });
}

/** The form's state: quantities by SKU, and the reason. */
export interface ReturnDraft {
  quantities: Readonly<Record<string, number>>;
  reason: string;
}

export function checkReturn(draft: ReturnDraft, { orders }: PurchaseMessages): FieldError[] {
  const errors: FieldError[] = [];
  if (!Object.values(draft.quantities).some((quantity) => quantity > 0)) {
    errors.push({ field: 'return-lines', message: orders.noReturnItems });
  }
  if (draft.reason.trim() === '') errors.push({ field: 'return-reason', message: orders.noReturnReason });
  return errors;
}

/** Builds the request. Equal drafts give equal bytes, so a repeated submission is the same request under its key. */
export function returnRequest(draft: ReturnDraft, choices: readonly Returnable[]): ReturnRequest {
  const lines = choices.map(({ sku, left }) => ({ sku, quantity: Math.min(draft.quantities[sku] ?? 0, left) }));
  return { lines: lines.filter(({ quantity }) => quantity > 0), reason: draft.reason.trim() };
}

/** Returns the refund of a return once it has been made. */
export function refundedAmount({ status, refund }: OrderReturn): Money | null {
  return status === 'refunded' && refund.amount > 0 ? refund : null;
}
