import { describe, expect, it, vi } from 'vitest';
import { ApiError, NoResponseError } from '../api/problem';
import type { Payment, PaymentAction, PaymentStatus } from '../api/types';
import { followPayment, isCancelledByCustomer, settlePayment, verdictOf } from './purchase';

const zero = { amount: 0, currency: 'USD' };
function payment(status: PaymentStatus, action: PaymentAction | null = null): Payment {
  return {
    id: 'p1', order_id: 'o1', order_number: 'N1', status, refusal: null, amount: zero, captured: zero, refunded: zero,
    charged_back: zero, expires_at: '2030-01-01T00:00:00Z', action,
  };
}
const wait = () => Promise.resolve();

describe('followPayment', () => {
  it('polls until the outcome is known', async () => {
    const read = vi.fn<() => Promise<Payment>>()
      .mockResolvedValueOnce(payment('processing'))
      .mockRejectedValueOnce(new NoResponseError('cable'))
      .mockResolvedValueOnce(payment('authorised'));
    const end = await followPayment(payment('processing'), { read, wait, onSlow: () => {} });
    expect(end.status).toBe('authorised');
    expect(read).toHaveBeenCalledTimes(3);
  });

  it('does not poll when the outcome is known', async () => {
    const read = vi.fn<() => Promise<Payment>>();
    expect((await followPayment(payment('refused'), { read, wait, onSlow: () => {} })).status).toBe('refused');
    expect(read).not.toHaveBeenCalled();
  });

  it('reports a slow payment once', async () => {
    let left = 20;
    const onSlow = vi.fn();
    await followPayment(payment('processing'), {
      read: async () => payment((left -= 1) > 0 ? 'processing' : 'authorised'), wait, onSlow,
    });
    expect(onSlow).toHaveBeenCalledTimes(1);
  });

  it('ends when the payment belongs to another session', async () => {
    const no = new ApiError({ type: 'urn:shopstack:problem:not-found', title: 'Not found', status: 404 });
    await expect(followPayment(payment('processing'), { read: () => Promise.reject(no), wait, onSlow: () => {} })).rejects.toBe(no);
  });
});

describe('settlePayment', () => {
  const deviceData = payment('action_required', { type: 'device_data', url: '/device', jwt: 'j', bin: '444433' });
  const challenge = payment('action_required', { type: 'challenge', url: '/bank', jwt: 'j' });
  const rules = { wait, onSlow: () => {}, read: () => Promise.reject(new Error('must not poll')) };

  it('sends device data and returns the next action', async () => {
    const confirm = vi.fn<(reference: string) => Promise<Payment>>(async () => challenge);
    const end = await settlePayment(deviceData, { ...rules, describeDevice: async ({ jwt }) => `about ${jwt}`, confirm });
    expect(end.action?.type).toBe('challenge');
    expect(confirm.mock.calls).toEqual([['about j']]);
  });

  it('polls when the response of the confirmation is lost', async () => {
    const end = await settlePayment(deviceData, {
      ...rules, describeDevice: async () => 'd', confirm: () => Promise.reject(new NoResponseError('cable')), read: async () => payment('authorised'),
    });
    expect(end.status).toBe('authorised');
  });

  it('stops after a few requests for device data', async () => {
    const confirm = vi.fn<() => Promise<Payment>>(async () => deviceData);
    expect((await settlePayment(deviceData, { ...rules, describeDevice: async () => 'd', confirm })).action?.type).toBe('device_data');
    expect(confirm).toHaveBeenCalledTimes(3);
  });

  it('returns actions that need the customer', async () => {
    const confirm = vi.fn<() => Promise<Payment>>();
    expect(await settlePayment(challenge, { ...rules, describeDevice: async () => 'd', confirm })).toBe(challenge);
    expect(confirm).not.toHaveBeenCalled();
  });
});

it('distinguishes a cancelled payment from a refused one', () => {
  expect(isCancelledByCustomer({ code: 'cancelled-by-customer', reason: 'You cancelled this payment.' })).toBe(true);
  expect(isCancelledByCustomer({ code: 'refused', reason: 'Not enough money.' })).toBe(false);
});

it('keeps polling for unknown statuses', () => {
  expect(verdictOf('something-new' as PaymentStatus)).toBe('waiting');
  expect(verdictOf('closed')).toBe('closed');
});
