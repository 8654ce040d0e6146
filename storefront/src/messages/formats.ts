import { useShop } from '../api/catalogue';
import type { Money } from '../api/types';
import { formatMoney } from '../money/money';
import { localeOf } from './language';
import { useMessages } from './messages';

export interface Formats {
  date: (iso: string) => string;
  /** Date and time. */
  moment: (iso: string) => string;
  money: (money: Money) => string;
  /** A decimal string such as "4.3" with the separator of the locale and all of its digits. */
  decimal: (text: string) => string;
  weight: (grams: number) => string;
  /** The country's name in the language, or the given one where the browser does not know it. */
  country: (code: string, fallback: string) => string;
  compare: (one: string, other: string) => number;
}

const cache = new Map<string, Formats>();

export function formatsOf(locale: string): Formats {
  let formats = cache.get(locale);
  if (!formats) {
    formats = createFormats(locale);
    cache.set(locale, formats);
  }
  return formats;
}

function createFormats(locale: string): Formats {
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  const minute = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  const countries = new Intl.DisplayNames(locale, { type: 'region', fallback: 'none' });
  const { compare } = new Intl.Collator(locale);
  return {
    date: (iso) => formatDate(day, iso),
    moment: (iso) => formatDate(minute, iso),
    money: (money) => formatMoney(money, locale),
    decimal: (text) => {
      const digits = text.split('.')[1]?.length ?? 0;
      // Intl formats decimal strings exactly.
      return new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(text as `${number}`);
    },
    weight: (grams) => {
      const [value, unit] = grams < 1000 ? [grams, 'gram'] : [grams / 1000, 'kilogram'];
      return new Intl.NumberFormat(locale, { style: 'unit', unit, maximumFractionDigits: 2 }).format(value);
    },
    country: (code, fallback) => (/^[A-Z]{2}$/.test(code) ? (countries.of(code) ?? fallback) : fallback),
    compare,
  };
}

function formatDate(formatter: Intl.DateTimeFormat, iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? '' : formatter.format(date);
}

/** The formats for the language of the page in this shop. */
export function useFormats(): Formats {
  const { language } = useMessages();
  const { data: shop } = useShop();
  return formatsOf(localeOf(language, shop));
}
