import { pluralOf } from '../../messages/plural';

// Times are in the staff's own format. Money has that of the shop's pages: see `useFormats`.
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const MINUTE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export function formatDate(iso: string): string {
  return format(DAY, iso);
}

const plural = pluralOf('en');

/** Returns a number with its noun: "1 row", "2 rows". */
export function counted(count: number, noun: string): string {
  return `${count} ${plural(count, { one: noun, other: `${noun}s` })}`;
}

/** Date and time. */
export function formatMoment(iso: string): string {
  return format(MINUTE, iso);
}

function format(formatter: Intl.DateTimeFormat, iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? '' : formatter.format(date);
}
