// The standard rates of countries, from the data of the npm package `sales-tax`. Its code is not used: it validates VAT numbers
// online, and needs modules of Node for that.
import { version } from 'sales-tax/package.json';
import { EU as EU_COUNTRIES } from 'sales-tax/res/region_countries.json';
import data from 'sales-tax/res/sales_tax_rates.json';
import { counted } from '../components/formats';
import { parsePercent, percentText } from '../components/numbers';
import { countryName, emptyRate, STANDARD_CLASS, type TaxRow } from './tax-form';

interface CountryRates {
  /** A fraction of 1. */
  rate: number;
  /** Former rates by the instant at which they ended, which may be in the future. */
  before?: Readonly<Record<string, { rate: number }>>;
  /** What each state adds to the rate of the country. Regions with a lower rate have a negative number. */
  states?: Readonly<Record<string, { rate: number }>>;
}

// Liechtenstein has the rates of Switzerland by treaty, but the data kept the rate of 2023. See findings/sales-tax-liechtenstein.sh.
const RATES: Readonly<Record<string, CountryRates>> = { ...data, LI: data.CH };

export const SOURCE = { name: `sales-tax ${version}`, url: 'https://github.com/valeriansaliou/node-sales-tax' } as const;

/** The choice of all member states instead of one country. No country has this code. */
export const EUROPEAN_UNION = 'EU';

/** Returns the countries in the data and the shop's own, by name. Also those whose rate is refused, so that nobody looks for them in vain. */
export function countryChoices(own: string): { code: string; name: string }[] {
  return [...new Set([...Object.keys(RATES), own])]
    .filter((code) => countryName(code) !== '')
    .map((code) => ({ code, name: countryName(code) }))
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
}

export function countriesOf(choice: string): readonly string[] {
  return choice === EUROPEAN_UNION ? EU_COUNTRIES : [choice];
}

/** Says why the choice has no rate to fill in. Null if it has. */
export function refusalOf(choice: string): string | null {
  if (choice === '') return 'Choose a country.';
  const name = countryName(choice);
  const missing = countriesOf(choice).filter((country) => !RATES[country]);
  if (missing.length > 0) return `${SOURCE.name} has no rate of ${missing.map(countryName).join(', ')}. Add the rate yourself.`;
  // Spain has regions too, but with lower rates than its standard one.
  const isByState = countriesOf(choice).some((country) => Object.values(RATES[country]?.states ?? {}).some(({ rate }) => rate > 0));
  return isByState ? `${name}: the rate depends on the state or province, and a shop has one rate for each country and class. Add the rate that you have to charge yourself.` : null;
}

/** Returns the standard rate at an instant in millionths. Null if there is none. */
export function standardRate(country: string, now: Date): number | null {
  const rates = RATES[country];
  if (!rates) return null;
  const ends = Object.entries(rates.before ?? {}).filter(([end]) => now.getTime() < Date.parse(end));
  // Several may end in the future: the next to end is the present one.
  const present = ends.toSorted(([a], [b]) => Date.parse(a) - Date.parse(b))[0]?.[1] ?? rates;
  return Math.round(present.rate * 1_000_000);
}

/** A rate in the table that is not the standard rate. */
export interface Difference {
  key: string;
  country: string;
  from: string;
  to: string;
}

export interface FilledIn {
  /** With the missing rates. What was entered is unchanged. */
  rows: TaxRow[];
  /** The countries whose rate was missing. */
  added: string[];
  differences: Difference[];
}

/** Fills in the missing standard rates of countries, and finds those that differ. */
export function fillIn(rows: readonly TaxRow[], countries: readonly string[], now: Date): FilledIn {
  const filled: FilledIn = { rows: [...rows], added: [], differences: [] };
  for (const country of countries) {
    const rate = standardRate(country, now);
    if (rate === null) continue;
    const to = percentText(rate);
    const entered = rows.filter((row) => row.country.trim().toUpperCase() === country && row.taxClass.trim() === STANDARD_CLASS);
    if (entered.length === 0) filled.rows.push({ ...emptyRate(country), percent: to });
    if (entered.length === 0 || entered.some(isEmpty)) filled.added.push(country);
    for (const row of entered) {
      if (isEmpty(row)) filled.rows = setPercent(filled.rows, row.key, to);
      else if (parsePercent(row.percent) !== rate) filled.differences.push({ key: row.key, country, from: row.percent.trim(), to });
    }
  }
  return filled;
}

export function replaceRates(rows: readonly TaxRow[], differences: readonly Difference[]): TaxRow[] {
  return differences.reduce<TaxRow[]>((replaced, { key, to }) => setPercent(replaced, key, to), [...rows]);
}

function setPercent(rows: readonly TaxRow[], key: string, percent: string): TaxRow[] {
  return rows.map((row) => (row.key === key ? { ...row, percent } : row));
}

function isEmpty({ percent }: TaxRow): boolean {
  return percent.trim() === '';
}

/** Says what was done, for the message after it. */
export function reportOf({ added, differences }: FilledIn, replaced: boolean): string {
  const parts = [
    added.length > 0 && `${counted(added.length, 'rate')} filled in.`,
    differences.length > 0 && `${counted(differences.length, 'rate')} ${replaced ? 'replaced' : 'kept as entered'}.`,
  ].filter((part) => part !== false);
  if (parts.length === 0) return 'Nothing to fill in: the table has these rates already.';
  return added.length > 0 || replaced ? `${parts.join(' ')} Check the table and save it.` : parts.join(' ');
}
