import { useShop } from '../../api/catalogue';
import type { Money } from '../../api/types';
import { formatMoney } from '../../money/money';

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const MINUTE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export function formatDate(iso: string): string {
  return format(DAY, iso);
}

/** Date and time. */
export function formatMoment(iso: string): string {
  return format(MINUTE, iso);
}

function format(formatter: Intl.DateTimeFormat, iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? '' : formatter.format(date);
}

/** Formats in the shop's locale, so that prices look the same to everybody and in emails. */
export function useMoneyFormat(): (money: Money) => string {
  const { data: shop } = useShop();
  const locale = shop?.locale ?? navigator.language;
  return (money) => formatMoney(money, locale);
}
