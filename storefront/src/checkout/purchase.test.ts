import { describe, expect, it, vi } from 'vitest';
import { ApiError, NoAnswerError } from '../api/problem';
import type { Payment, PaymentAction, PaymentStatus } from '../api/types';
import { followPayment, isGivenUp, settlePayment, verdictOf } from './purchase';

const zero = { amount: 0, currency: 'USD' };
function payment(status: PaymentStatus, action: PaymentAction | null = null): Payment {
  return {
    id: 'p1', order_id: 'o1', order_number: 'N1', status, refusal: null, amount: zero, captured: zero, refunded: zero,
    charged_back: zero, expires_at: '2030-01-01T00:00:00Z', action,
  };
}
const wait = () => Promise.resolve();

describe('followPayment', () => {
  it('asks until the outcome is known', async () => {
    const read = vi.fn<() => Promise<Payment>>()
      .mockResolvedValueOnce(payment('processing'))
      .mockRejectedValueOnce(new NoAnswerError('cable'))
      .mockResolvedValueOnce(payment('authorised'));
    const end = await followPayment(payment('processing'), { read, wait, onSlow: () => {} });
    expect(end.status).toBe('authorised');
    expect(read).toHaveBeenCalledTimes(3);
  });

  it('asks nothing when it is known already', async () => {
    const read = vi.fn<() => Promise<Payment>>();
    expect((await followPayment(payment('refused'), { read, wait, onSlow: () => {} })).status).toBe('refused');
    expect(read).not.toHaveBeenCalled();
  });

  it('says once when it takes long', async () => {
    let left = 20;
    const onSlow = vi.fn();
    await followPayment(payment('processing'), {
      read: async () => payment((left -= 1) > 0 ? 'processing' : 'authorised'), wait, onSlow,
    });
    expect(onSlow).toHaveBeenCalledTimes(1);
  });

  it('ends when the payment is not for this visitor', async () => {
    const no = new ApiError({ type: 'urn:shopstack:problem:not-found', title: 'Not found', status: 404 });
    await expect(followPayment(payment('processing'), { read: () => Promise.reject(no), wait, onSlow: () => {} })).rejects.toBe(no);
  });
});

describe('settlePayment', () => {
  const deviceData = payment('action_required', { type: 'device_data', url: '/device', jwt: 'j', bin: '444433' });
  const challenge = payment('action_required', { type: 'challenge', url: '/bank', jwt: 'j' });
  const rules = { wait, onSlow: () => {}, read: () => Promise.reject(new Error('nobody should ask')) };

  it('tells the bank of the browser, and goes on to what the bank wants then', async () => {
    const confirm = vi.fn<(reference: string) => Promise<Payment>>(async () => challenge);
    const end = await settlePayment(deviceData, { ...rules, describeDevice: async ({ jwt }) => `about ${jwt}`, confirm });
    expect(end.action?.type).toBe('challenge');
    expect(confirm.mock.calls).toEqual([['about j']]);
  });

  it('asks how the payment stands when the confirmation gets no answer', async () => {
    const end = await settlePayment(deviceData, {
      ...rules, describeDevice: async () => 'd', confirm: () => Promise.reject(new NoAnswerError('cable')), read: async () => payment('authorised'),
    });
    expect(end.status).toBe('authorised');
  });

  it('gives up on a bank that asks for ever', async () => {
    const confirm = vi.fn<() => Promise<Payment>>(async () => deviceData);
    expect((await settlePayment(deviceData, { ...rules, describeDevice: async () => 'd', confirm })).action?.type).toBe('device_data');
    expect(confirm).toHaveBeenCalledTimes(3);
  });

  it('leaves the customer what only the customer can do', async () => {
    const confirm = vi.fn<() => Promise<Payment>>();
    expect(await settlePayment(challenge, { ...rules, describeDevice: async () => 'd', confirm })).toBe(challenge);
    expect(confirm).not.toHaveBeenCalled();
  });
});

it('tells a payment that the customer gave up from one that was refused', () => {
  expect(isGivenUp({ code: 'given-up', reason: 'You gave this payment up.' })).toBe(true);
  expect(isGivenUp({ code: 'refused', reason: 'Not enough money.' })).toBe(false);
});

it('waits for states it does not know', () => {
  expect(verdictOf('something-new' as PaymentStatus)).toBe('waiting');
  expect(verdictOf('closed')).toBe('closed');
});
