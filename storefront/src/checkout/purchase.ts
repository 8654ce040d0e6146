import { isStatus } from '../api/problem';
import type { Payment, PaymentAction, PaymentStatus, Refusal } from '../api/types';
import { isUncertain } from './attempt';

export type Verdict = 'paid' | 'action' | 'refused' | 'closed' | 'waiting';

export function verdictOf(status: PaymentStatus): Verdict {
  switch (status) {
    case 'authorised':
    // Paid and cancelled again: the order's own page tells the rest.
    case 'voided':
      return 'paid';
    case 'action_required':
      return 'action';
    case 'refused':
      return 'refused';
    case 'closed':
      return 'closed';
    default:
      // What a newer server may say besides: ask again rather than guess.
      return 'waiting';
  }
}

/** The customer chose to pay another way; nobody refused anything. */
export function isGivenUp(refusal: Refusal): boolean {
  return refusal.code === 'given-up';
}

interface FollowRules {
  read: () => Promise<Payment>;
  wait: (ms: number) => Promise<void>;
  /** Called once when it takes so long that people should be told. */
  onSlow: () => void;
}

const PAUSES = [500, 800, 1_200, 1_800];
const PAUSE_THEN = 3_000;
const SLOW_AFTER = 6;
/** Ten minutes or so: beyond that the mail tells. */
const MOST_READS = 200;

/** Asks until the payment is decided. Lost answers are asked again; only a clear no ends it. */
export async function followPayment(first: Payment, { read, wait, onSlow }: FollowRules): Promise<Payment> {
  let payment = first;
  for (let reads = 0; verdictOf(payment.status) === 'waiting' && reads < MOST_READS; reads += 1) {
    if (reads === SLOW_AFTER) onSlow();
    await wait(PAUSES[reads] ?? PAUSE_THEN);
    try {
      payment = await read();
    } catch (error) {
      if (isStatus(error, 401) || isStatus(error, 403) || isStatus(error, 404)) throw error;
    }
  }
  return payment;
}

export type DeviceDataAction = Extract<PaymentAction, { type: 'device_data' }>;

interface SettleRules extends FollowRules {
  /** Has the browser describe itself to the bank, and tells the bank's reference for that. */
  describeDevice: (action: DeviceDataAction) => Promise<string>;
  confirm: (deviceData: string) => Promise<Payment>;
}

/** A bank that still asks then has something else the matter. */
const MOST_DESCRIPTIONS = 3;

/**
 * Asks until the payment is decided, or the customer has something to do. What the bank wants to
 * know of the browser is told on the way: that is nothing for the customer.
 */
export async function settlePayment(first: Payment, rules: SettleRules): Promise<Payment> {
  let payment = await followPayment(first, rules);
  for (let told = 0; payment.action?.type === 'device_data' && told < MOST_DESCRIPTIONS; told += 1) {
    const reference = await rules.describeDevice(payment.action);
    payment = await followPayment(await confirmed(payment, reference, rules), rules);
  }
  return payment;
}

async function confirmed(payment: Payment, reference: string, { confirm }: SettleRules): Promise<Payment> {
  try {
    return await confirm(reference);
  } catch (error) {
    if (!isUncertain(error)) throw error;
    // It may have been heard all the same: how the payment stands now is for the next read to tell.
    return { ...payment, status: 'processing', action: null };
  }
}
