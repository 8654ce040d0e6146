import { expect, it } from 'vitest';
import { endOfDay, startOfDay, statusQuery } from './order-filters';

it('lists whole days of the time zone of the browser', () => {
  expect(startOfDay('2026-11-30')).toBe(new Date(2026, 10, 30).toISOString());
  expect(endOfDay('2026-11-30')).toBe(new Date(2026, 11, 1).toISOString());
  expect(endOfDay('2026-12-31')).toBe(new Date(2027, 0, 1).toISOString());
});

it('ignores what is no day', () => {
  for (const text of [undefined, '', 'today', '2026-11', '30.11.2026']) expect([startOfDay(text), endOfDay(text)]).toEqual([undefined, undefined]);
});

it('has a choice for returns beside the statuses', () => {
  expect(statusQuery('returns')).toEqual({ awaits_return: true });
  expect(statusQuery('shipped')).toEqual({ status: 'shipped' });
});
