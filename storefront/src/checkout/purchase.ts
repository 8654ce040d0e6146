import { isStatus } from '../api/problem';
import type { Payment, PaymentAction, PaymentStatus, Refusal } from '../api/types';
import { isUncertain } from './attempt';

type Verdict = 'paid' | 'action' | 'refused' | 'closed' | 'waiting';

export function verdictOf(status: PaymentStatus): Verdict {
  switch (status) {
    case 'authorised':
    // Paid and cancelled afterwards: the order's page shows the rest.
    case 'voided':
      return 'paid';
    case 'action_required':
      return 'action';
    case 'refused':
      return 'refused';
    case 'closed':
      return 'closed';
    default:
      // A newer server may send other statuses: poll rather than guess.
      return 'waiting';
  }
}

/** Returns true if the customer cancelled the payment, as opposed to a refusal by the bank. */
export function isCancelledByCustomer(refusal: Refusal): boolean {
  return refusal.code === 'cancelled-by-customer';
}

interface FollowRules {
  read: () => Promise<Payment>;
  wait: (ms: number) => Promise<void>;
  /** Called once when it takes so long that the customer should know. */
  onSlow: () => void;
}

const PAUSES = [500, 800, 1_200, 1_800];
const LAST_PAUSE = 3_000;
const SLOW_AFTER = 6;
/** About ten minutes. After that, the customer is informed by email. */
const MAX_READS = 200;

/** Polls until the payment is decided. Lost responses are retried; only an access error ends it. */
export async function followPayment(first: Payment, { read, wait, onSlow }: FollowRules): Promise<Payment> {
  let payment = first;
  for (let reads = 0; verdictOf(payment.status) === 'waiting' && reads < MAX_READS; reads += 1) {
    if (reads === SLOW_AFTER) onSlow();
    await wait(PAUSES[reads] ?? LAST_PAUSE);
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
  /** Collects device data for the bank and returns the bank's reference for it. */
  describeDevice: (action: DeviceDataAction) => Promise<string>;
  confirm: (deviceData: string) => Promise<Payment>;
}

/** A bank that asks more often than this has another problem. */
const MAX_DEVICE_CHECKS = 3;

/**
 * Polls until the payment is decided or needs the customer. Requests for device data are answered
 * on the way, since they need nothing from the customer.
 */
export async function settlePayment(first: Payment, rules: SettleRules): Promise<Payment> {
  let payment = await followPayment(first, rules);
  for (let checks = 0; payment.action?.type === 'device_data' && checks < MAX_DEVICE_CHECKS; checks += 1) {
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
    // The confirmation may have arrived although its response was lost: the next read decides.
    return { ...payment, status: 'processing', action: null };
  }
}
