import type { FieldError } from '../../components/Field';
import type { TaxRate } from '../api/types';
import { parsePercent, percentText } from '../components/numbers';

export interface TaxRow {
  key: string;
  country: string;
  taxClass: string;
  percent: string;
}

let keys = 0;

export function emptyRate(country: string): TaxRow {
  keys += 1;
  return { key: `new-${keys}`, country, taxClass: 'standard', percent: '' };
}

export function taxRows(rates: readonly TaxRate[]): TaxRow[] {
  return rates.map((rate) => ({ key: `${rate.country} ${rate.class}`, country: rate.country, taxClass: rate.class, percent: percentText(rate.rate) }));
}

export function checkRates(rows: readonly TaxRow[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const { key, country, taxClass, percent } of rows) {
    const name = `${country.trim().toUpperCase()} ${taxClass.trim()}`;
    if (!/^[A-Za-z]{2}$/.test(country.trim())) errors.push({ field: `tax-country-${key}`, message: 'Enter the two letters of the country, such as DE.' });
    if (taxClass.trim() === '') errors.push({ field: `tax-class-${key}`, message: `Enter the tax class in ${country || 'this country'}.` });
    if (parsePercent(percent) === null) errors.push({ field: `tax-rate-${key}`, message: `Enter the rate of ${name} in per cent.` });
    if (seen.has(name)) errors.push({ field: `tax-class-${key}`, message: `${name} is entered twice.` });
    seen.add(name);
  }
  return errors;
}

export function taxRates(rows: readonly TaxRow[]): TaxRate[] {
  return rows.map(({ country, taxClass, percent }) => ({ country: country.trim().toUpperCase(), class: taxClass.trim(), rate: parsePercent(percent) ?? 0 }));
}
