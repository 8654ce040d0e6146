import type { AdjustmentKind, StockAdjustment } from '../api/types';
import { parseCount } from '../components/numbers';

/** The meaning of the amount: units that came, units that left, or all units that were counted. */
export type AdjustmentMode = 'add' | 'remove' | 'count';

export interface AdjustmentForm {
  mode: AdjustmentMode;
  amount: string;
  kind: AdjustmentKind;
  note: string;
  force: boolean;
}

/** The reason that goes with each way of adjusting, until another is chosen. */
export const USUAL_KIND: Readonly<Record<AdjustmentMode, AdjustmentKind>> = { add: 'received', remove: 'damaged', count: 'counted' };

/** Returns the change of the units on hand, or null when there is none. */
export function changeOf({ mode, amount }: Pick<AdjustmentForm, 'mode' | 'amount'>, onHand: number): number | null {
  const units = parseCount(amount);
  if (units === null) return null;
  const change = mode === 'add' ? units : mode === 'remove' ? -units : units - onHand;
  return change === 0 ? null : change;
}

export function adjustmentRequest(form: AdjustmentForm, change: number): StockAdjustment {
  return { change, kind: form.kind, note: form.note.trim(), ...(form.force && change < 0 && { force: true }) };
}
