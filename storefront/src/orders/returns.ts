import type { Money, Order, OrderReturn, ReturnRequest, ReturnStatus } from '../api/types';
import type { FieldError } from '../components/Field';

type Goods = Pick<Order, 'lines' | 'returns'>;

/** One thing that was bought, and how many pieces of it can still be returned. */
export interface Returnable {
  sku: string;
  title: string;
  left: number;
}

export function titleOf({ title, option_values }: { title: string; option_values: string[] }): string {
  return [title, ...option_values].join(', ');
}

/** What an order still has to return: each piece can be returned once, unless the shop rejected it. */
export function returnables({ lines, returns }: Goods): Returnable[] {
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
  // What the shop did not take, all of it or some, is the customer's as before.
  return status === 'requested' ? lines : accepted;
}

/** "2 × Pour-Over Kettle, Matt black" for each thing in a return. */
export function contentsOf(lines: OrderReturn['lines'], order: Goods): string[] {
  return lines.map(({ sku, quantity }) => {
    const line = order.lines.find((one) => one.sku === sku);
    return `${quantity} × ${line ? titleOf(line) : sku}`;
  });
}

/** A return as it is being chosen. */
export interface ReturnDraft {
  quantities: Readonly<Record<string, number>>;
  reason: string;
}

export function checkReturn(draft: ReturnDraft): FieldError[] {
  const errors: FieldError[] = [];
  if (!Object.values(draft.quantities).some((quantity) => quantity > 0)) {
    errors.push({ field: 'return-lines', message: 'Choose what you want to return.' });
  }
  if (draft.reason.trim() === '') errors.push({ field: 'return-reason', message: 'Tell us why you return it.' });
  return errors;
}

/** The same draft makes the same bytes, so that sent again it is the same request. */
export function returnRequest(draft: ReturnDraft, choices: readonly Returnable[]): ReturnRequest {
  const lines = choices.map(({ sku, left }) => ({ sku, quantity: Math.min(draft.quantities[sku] ?? 0, left) }));
  return { lines: lines.filter(({ quantity }) => quantity > 0), reason: draft.reason.trim() };
}

export const RETURN_WORDS: Record<ReturnStatus, { title: string; text: string }> = {
  requested: { title: 'Asked for', text: 'Please send it to us. We write to you when it has come in.' },
  received: { title: 'Received', text: 'It has come in, and your money is on its way back to you.' },
  refunded: { title: 'Done', text: 'It has come in and is settled.' },
  rejected: { title: 'Not taken back', text: 'We cannot take it back.' },
  attention: { title: 'Being looked at', text: 'It has come in, and we are looking into it. You need not do anything.' },
};

/** What was given back for it, once it was. */
export function givenBack({ status, refund }: OrderReturn): Money | null {
  return status === 'refunded' && refund.amount > 0 ? refund : null;
}
