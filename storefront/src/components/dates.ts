const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const MINUTE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

function format(formatter: Intl.DateTimeFormat, iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? '' : formatter.format(date);
}

export function formatDate(iso: string): string {
  return format(DAY, iso);
}

export function formatMoment(iso: string): string {
  return format(MINUTE, iso);
}

export function daysText({ min, max }: { min: number; max: number }): string {
  if (min === max) return min === 1 ? '1 day' : `${min} days`;
  return `${min} to ${max} days`;
}
