import { describe, expect, it, vi } from 'vitest';
import { ApiError, NoAnswerError } from '../api/problem';
import type { Payment, PaymentStatus } from '../api/types';
import { challengeUrl, followPayment, orderPageOf, verdictOf } from './purchase';

const zero = { amount: 0, currency: 'USD' };
function payment(status: PaymentStatus, url?: string): Payment {
  return {
    id: 'p1', order_id: 'o1', order_number: 'N1', status, refusal: null, amount: zero, captured: zero, refunded: zero,
    expires_at: '2030-01-01T00:00:00Z', action: url === undefined ? null : { type: 'redirect', url },
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

it('waits for states it does not know', () => {
  expect(verdictOf('something-new' as PaymentStatus)).toBe('waiting');
  expect(verdictOf('closed')).toBe('closed');
});

it('sends people to web pages only', () => {
  const base = 'https://shop.example/checkout';
  expect(challengeUrl(payment('action_required', '/api/v1/sandbox/challenge/1'), base)).toBe('https://shop.example/api/v1/sandbox/challenge/1');
  expect(challengeUrl(payment('action_required', 'https://bank.example/3ds'), base)).toBe('https://bank.example/3ds');
  expect(challengeUrl(payment('action_required', 'javascript:alert(1)'), base)).toBeNull();
  expect(challengeUrl(payment('action_required'), base)).toBeNull();
});

it('keeps the token of an order in its address', () => {
  expect(orderPageOf({ orderId: 'o1', orderToken: 'a+b' })).toBe('/orders/o1?token=a%2Bb');
});
