import { expect, it } from 'vitest';
import type { TimelineEntry, TimelineKind } from '../api/types';
import { headingOf, isFinal, kindTitle, mergeTimeline, progressOf, retryAfter } from './timeline';

const entry = (number: number, text = ''): TimelineEntry => ({ number, at: '2030-01-01T00:00:00Z', kind: 'placed', text, status: 'received' });

it('tells each entry once and in order, however often the stream begins again', () => {
  const merged = mergeTimeline([entry(1), entry(2)], [entry(3), entry(1), entry(2, 'again')]);
  expect(merged.map((one) => one.number)).toEqual([1, 2, 3]);
  expect(merged[1]?.text).toBe('again');
});

it('waits longer with every failure, up to a minute', () => {
  expect([0, 1, 2, 10].map(retryAfter)).toEqual([2_000, 4_000, 8_000, 60_000]);
});

it('knows the usual course and its end', () => {
  expect(progressOf('confirmed')?.done).toBe(1);
  expect(progressOf('cancelling')).toBeNull();
  expect(isFinal('cancelled')).toBe(true);
  expect(isFinal('shipped')).toBe(false);
});

it('says where the order stands as a sentence', () => {
  expect(headingOf('shipped')).toBe('Your order is on its way.');
  expect(headingOf('attention')).toBe('We are looking into your order.');
});

it('names what happened, and keeps to the text of what it does not know', () => {
  expect(kindTitle('return_received')).toBe('Return received');
  expect(kindTitle('something-new' as TimelineKind)).toBeNull();
});
