import { expect, it } from 'vitest';
import { countriesOf, countryChoices, EUROPEAN_UNION, fillIn, refusalOf, replaceRates, reportOf, SOURCE, standardRate } from './standard-rates';
import { checkRates, emptyRate, taxRates, taxRows } from './tax-form';

const NOW = new Date('2026-12-01T00:00:00Z');
const EU = countriesOf(EUROPEAN_UNION);

it('names the version of the data', () => {
  expect(SOURCE.name).toMatch(/^sales-tax \d+\.\d+\.\d+$/);
});

it('knows the rate that applies at an instant', () => {
  expect(standardRate('DE', new Date('2020-06-01T00:00:00Z'))).toBe(190_000);
  expect(standardRate('DE', new Date('2020-10-01T00:00:00Z'))).toBe(160_000);
  expect(standardRate('DE', NOW)).toBe(190_000);
  expect(standardRate('FI', NOW)).toBe(255_000);
  expect(standardRate('CU', NOW)).toBeNull();
  expect([standardRate('CH', NOW), standardRate('LI', NOW)]).toEqual([81_000, 81_000]);
});

it('offers the shop\'s own country even without a rate, once and by name', () => {
  const codes = countryChoices('CU').map(({ code }) => code);
  expect(codes).toEqual([...new Set(codes)]);
  expect(codes).toEqual(expect.arrayContaining(['CU', 'DE', 'US']));
  expect(countryChoices('').every(({ name }) => name !== '')).toBe(true);
  expect(countryChoices('DE')[0]?.name).toBe('Albania');
});

it('refuses countries whose rate depends on the state, and those without a rate', () => {
  expect(refusalOf('US')).toContain('United States: the rate depends on the state');
  expect(refusalOf('CA')).toContain('Canada: the rate depends on the state');
  expect(refusalOf('CU')).toBe(`${SOURCE.name} has no rate of Cuba. Add the rate yourself.`);
  expect(refusalOf('')).toBe('Choose a country.');
  expect(['DE', 'ES', 'GB', EUROPEAN_UNION].map(refusalOf)).toEqual([null, null, null, null]);
});

it('fills in all countries of the European Union, ready to be saved', () => {
  const { rows, added, differences } = fillIn([], EU, NOW);
  expect(added).toHaveLength(27);
  expect(differences).toEqual([]);
  expect(checkRates(rows)).toEqual([]);
  const rates = taxRates(rows);
  expect(new Set(rates.map((rate) => rate.class))).toEqual(new Set(['standard']));
  expect(rates.every(({ rate }) => rate >= 150_000 && rate <= 270_000)).toBe(true);
  expect(rates).toContainEqual({ country: 'DE', class: 'standard', rate: 190_000 });
});

it('never changes what was entered, and lists what differs', () => {
  const entered = taxRows([
    { country: 'AT', class: 'standard', rate: 190_000 },
    { country: 'DE', class: 'standard', rate: 190_000 },
    { country: 'DE', class: 'books', rate: 70_000 },
  ]);
  const { rows, added, differences } = fillIn(entered, EU, NOW);
  expect(rows.slice(0, 3)).toEqual(entered);
  expect(added).toHaveLength(25);
  expect(differences).toEqual([{ key: 'AT standard', country: 'AT', from: '19', to: '20' }]);
  expect(taxRates(replaceRates(rows, differences)).slice(0, 3)).toEqual([
    { country: 'AT', class: 'standard', rate: 200_000 },
    { country: 'DE', class: 'standard', rate: 190_000 },
    { country: 'DE', class: 'books', rate: 70_000 },
  ]);
});

it('completes a row that was added without a percentage, and leaves equal ones in another form', () => {
  const empty = { ...emptyRate('de'), key: 'a' };
  expect(fillIn([empty], ['DE'], NOW)).toEqual({ rows: [{ ...empty, percent: '19' }], added: ['DE'], differences: [] });
  const comma = { ...empty, country: 'FI', percent: '25,50' };
  expect(fillIn([comma], ['FI'], NOW)).toEqual({ rows: [comma], added: [], differences: [] });
  const unreadable = { ...empty, percent: 'nineteen' };
  expect(fillIn([unreadable], ['DE'], NOW).differences).toEqual([{ key: 'a', country: 'DE', from: 'nineteen', to: '19' }]);
});

it('reports what was done', () => {
  const difference = { key: 'a', country: 'AT', from: '19', to: '20' };
  const report = (added: string[], differences: (typeof difference)[], replaced: boolean) => reportOf({ rows: [], added, differences }, replaced);
  expect(report([], [], false)).toBe('Nothing to fill in: the table has these rates already.');
  expect(report(['DE'], [], false)).toBe('1 rate filled in. Check the table and save it.');
  expect(report(['DE', 'FR'], [difference], true)).toBe('2 rates filled in. 1 rate replaced. Check the table and save it.');
  expect(report([], [difference], false)).toBe('1 rate kept as entered.');
});
