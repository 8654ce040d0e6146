import type { FieldError } from '../../components/Field';
import type { TaxRate } from '../api/types';
import { parsePercent, percentText } from '../components/numbers';

export interface TaxRow {
  key: string;
  country: string;
  taxClass: string;
  percent: string;
}

/** The class that also applies to delivery, and to classes without a rate in the country. */
export const STANDARD_CLASS = 'standard';

const COUNTRY_NAMES = new Intl.DisplayNames(['en'], { type: 'region' });

/** Returns an empty string while the code is incomplete. */
export function countryName(code: string): string {
  return isCountry(code) ? (COUNTRY_NAMES.of(code.trim().toUpperCase()) ?? '') : '';
}

function isCountry(code: string): boolean {
  return /^[A-Za-z]{2}$/.test(code.trim());
}

/** Names a rate for people, such as "standard in Germany". */
export function rateName({ country, taxClass }: TaxRow): string {
  return `${taxClass.trim() || 'the new class'} in ${countryName(country) || 'the new country'}`;
}

let keys = 0;

export function emptyRate(country: string): TaxRow {
  keys += 1;
  return { key: `new-${keys}`, country, taxClass: STANDARD_CLASS, percent: '' };
}

export function taxRows(rates: readonly TaxRate[]): TaxRow[] {
  return rates.map((rate) => ({ key: `${rate.country} ${rate.class}`, country: rate.country, taxClass: rate.class, percent: percentText(rate.rate) }));
}

/** Returns the id of the field that a JSON pointer of the request names: `/items/0/rate` is `tax-items-0-rate`. */
export function fieldId(pointer: string): string {
  // An error about a rate as a whole is shown at its class.
  const field = /^\/items\/\d+$/.test(pointer) ? `${pointer}/class` : pointer;
  return `tax${field.replaceAll('/', '-')}`;
}

export function checkRates(rows: readonly TaxRow[]): FieldError[] {
  const errors: FieldError[] = [];
  const report = (pointer: string, message: string) => errors.push({ field: fieldId(pointer), message });
  const seen = new Set<string>();
  rows.forEach((row, index) => {
    const at = `/items/${index}`;
    const name = rateName(row);
    if (!isCountry(row.country)) report(`${at}/country`, 'Enter the two letters of the country, such as DE for Germany.');
    if (row.taxClass.trim() === '') report(`${at}/class`, `Enter the class of the rate in ${countryName(row.country) || 'the new country'}, such as standard.`);
    if (parsePercent(row.percent) === null) report(`${at}/rate`, `Enter the percentage of ${name} as a number from 0 to 100, such as 19 or 5.5.`);
    // An incomplete pair is reported above.
    const pair = row.country.trim() && row.taxClass.trim() && `${row.country.trim().toUpperCase()} ${row.taxClass.trim()}`;
    if (pair && seen.has(pair)) report(at, `There are two rates of ${name}. Remove one of them.`);
    seen.add(pair);
  });
  return errors;
}

export function taxRates(rows: readonly TaxRow[]): TaxRate[] {
  return rows.map(({ country, taxClass, percent }) => ({ country: country.trim().toUpperCase(), class: taxClass.trim(), rate: parsePercent(percent) ?? 0 }));
}
