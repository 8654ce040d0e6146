import type { Money } from '../api/types';

// ISO 4217 says how many digits a currency has after the point. Intl follows CLDR instead, which
// leaves the digits out where people no longer use the coins (IDR, LBP, ...). A wrong exponent is
// a price wrong by a factor of a hundred, so the exceptions from two digits are listed here.
const EXPONENTS: ReadonlyMap<string, number> = new Map([
  ...['BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF']
    .map((code) => [code, 0] as const),
  ...['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'].map((code) => [code, 3] as const),
  ...['CLF', 'UYW'].map((code) => [code, 4] as const),
]);

function exponentOf(currency: string): number {
  return EXPONENTS.get(currency) ?? 2;
}

/** Formats minor units as a plain decimal string without arithmetic: 1999 USD is "19.99". */
export function toDecimal(money: Money): `${number}` {
  const exponent = exponentOf(money.currency);
  const amount = BigInt(money.amount);
  const sign = amount < 0n ? '-' : '';
  const digits = (amount < 0n ? -amount : amount).toString().padStart(exponent + 1, '0');
  if (exponent === 0) return `${sign}${digits}` as `${number}`;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}` as `${number}`;
}

const formatters = new Map<string, Intl.NumberFormat>();

function formatterFor(currency: string, locale: string): Intl.NumberFormat {
  const key = `${locale} ${currency}`;
  let formatter = formatters.get(key);
  if (!formatter) {
    const exponent = exponentOf(currency);
    formatter = new Intl.NumberFormat(locale, {
      style: 'currency',
      currency,
      minimumFractionDigits: exponent,
      maximumFractionDigits: exponent,
    });
    formatters.set(key, formatter);
  }
  return formatter;
}

/** Formats an amount for a locale. Intl formats decimal strings exactly, so no amount becomes a float. */
export function formatMoney(money: Money, locale: string): string {
  return formatterFor(money.currency, locale).format(toDecimal(money));
}

/**
 * Parses an amount ("12", "12.5", "12,50") into minor units, or null when it is not one. Digits
 * beyond the currency's exponent are rejected rather than rounded.
 */
export function parseMajor(text: string, currency: string): number | null {
  const match = /^(\d{1,12})(?:[.,](\d*))?$/.exec(text.trim());
  if (!match) return null;
  const exponent = exponentOf(currency);
  const fraction = match[2] ?? '';
  if (fraction.length > exponent) return null;
  const minor = Number(`${match[1]}${fraction.padEnd(exponent, '0')}`);
  return Number.isSafeInteger(minor) ? minor : null;
}

/** Formats minor units for an input field: "12.50", or "12" for a whole amount. */
export function toInputText(minor: number, currency: string): string {
  return toDecimal({ amount: minor, currency }).replace(/\.0+$/, '');
}

export function sameMoney(a: Money, b: Money): boolean {
  return a.amount === b.amount && a.currency === b.currency;
}

export interface Offer {
  price: Money;
  compare_at_price?: Money | null;
  prior_price?: Money | null;
}

interface Reduction {
  percent: number;
  /** The price to show as the earlier one: the prior price if the shop knows it. */
  before: Money;
  /** The lowest price of the 30 days before the reduction, if the shop knows it. */
  prior: Money | null;
}

/**
 * Returns the reduction of an offer, or null if there is none to announce. In the EU it is computed from the prior price
 * (Directive 98/6/EC, article 6a; CJEU C-330/23), whatever higher price the merchant compares with, which is then not shown:
 * a price that is not below the prior price is not reduced.
 */
export function reductionOf({ price, compare_at_price, prior_price }: Offer): Reduction | null {
  const prior = prior_price ?? null;
  const before = prior ?? compare_at_price ?? null;
  const percent = percentOff(price, before);
  return percent === null || before === null ? null : { percent, before, prior };
}

/** The reduction in whole per cent, rounded down, since a shop must not overstate it. */
export function percentOff(price: Money, before: Money | null | undefined): number | null {
  if (!before || before.currency !== price.currency || before.amount <= price.amount) return null;
  const percent = Number((BigInt(before.amount - price.amount) * 100n) / BigInt(before.amount));
  return percent > 0 ? percent : null;
}
