import type { Money, Order } from '../../api/types';

type Paid = Pick<Order['payment'], 'captured' | 'refunded' | 'charged_back'>;

/** Returns the amount that can still be refunded, apart from refunds that are being made. The server has the last word. */
export function refundable({ captured, refunded, charged_back }: Paid): Money {
  return { ...captured, amount: Math.max(0, captured.amount - refunded.amount - charged_back.amount) };
}

/** Returns what was paid for these units, tax included. A part of a line is rounded down to whole minor units. */
export function paidFor(lines: Order['lines'], quantities: Readonly<Record<string, number>>): number {
  let sum = 0n;
  for (const { sku, quantity, total } of lines) {
    const units = Math.min(quantities[sku] ?? 0, quantity);
    sum += (BigInt(total.amount) * BigInt(units)) / BigInt(quantity);
  }
  return Number(sum);
}
