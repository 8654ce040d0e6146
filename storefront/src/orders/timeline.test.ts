import { describe, expect, it } from 'vitest';
import type { TimelineData, TimelineEntry, TimelineKind } from '../api/types';
import common from '../messages/en';
import purchase from '../messages/en/purchase';
import { isFinal, mergeTimeline, progressOf, retryAfter, timelineMessage } from './timeline';

const t = { ...common, ...purchase };

const entry = (number: number, text = ''): TimelineEntry => ({ number, at: '2030-01-01T00:00:00Z', kind: 'placed', data: {}, text, status: 'received' });
const formats = {
  money: ({ amount, currency }: { amount: number; currency: string }) => `${currency} ${amount}`,
  itemTitle: (sku: string) => (sku === 'KETTLE' ? 'Pour-Over Kettle' : undefined),
};
const message = (kind: TimelineKind, data?: TimelineData) => timelineMessage({ ...entry(1, 'From the API.'), kind, ...(data ? { data } : {}) }, formats, t);

it('keeps each entry once and in order when the stream replays the past', () => {
  const merged = mergeTimeline([entry(1), entry(2)], [entry(3), entry(1), entry(2, 'again')]);
  expect(merged.map((one) => one.number)).toEqual([1, 2, 3]);
  expect(merged[1]?.text).toBe('again');
});

it('waits longer with every failure, up to a minute', () => {
  expect([0, 1, 2, 10].map(retryAfter)).toEqual([2_000, 4_000, 8_000, 60_000]);
});

it('knows the steps of an order and its final statuses', () => {
  expect(progressOf('confirmed')?.done).toBe(1);
  expect(progressOf('cancelling')).toBeNull();
  expect(isFinal('cancelled')).toBe(true);
  expect(isFinal('shipped')).toBe(false);
});

describe('timelineMessage', () => {
  it('renders the details of an entry', () => {
    expect(message('captured', { amount: { amount: 28762, currency: 'USD' } })?.text).toBe('USD 28762 was charged.');
    expect(message('awaiting_stock', { skus: ['KETTLE', 'GONE'] })?.text).toBe("We're waiting for Pour-Over Kettle, GONE to come back in stock.");
    expect(message('shipment_created', { tracking_number: 'SX1' })?.text).toBe('Your tracking number is SX1.');
    expect(message('refunded', { amount: { amount: 5, currency: 'USD' }, reason: 'One cup was broken' })?.text).toBe('USD 5 was refunded: One cup was broken.');
    expect(message('return_rejected', { reason: 'It was used.' })?.text).toBe("We couldn't accept your return: It was used.");
    expect(message('needs_attention', { subject: 'refund' })?.text).toContain('your refund');
  });

  it('has a sentence for every kind without its details, as earlier versions wrote them', () => {
    for (const kind of Object.keys(t.orders.timeline) as TimelineKind[]) {
      for (const text of [message(kind)?.text, message(kind, {})?.text]) {
        expect(text, kind).toMatch(/^[A-Z].*\.$/);
        expect(text, kind).not.toMatch(/undefined|null/);
      }
    }
  });

  it('falls back to the text of the API for an unknown kind', () => {
    expect(message('something-new' as TimelineKind)).toEqual({ title: null, text: 'From the API.' });
  });

  it('leaves out entries for staff', () => {
    expect(message('payment_issue')).toBeNull();
    expect(message('payment_issue_resolved')).toBeNull();
  });
});

it('has a sentence as the heading of every status', () => {
  for (const { heading } of Object.values(t.orders.statuses)) expect(heading).toMatch(/^(Your|We).*\.$/);
});
