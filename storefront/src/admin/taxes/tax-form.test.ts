import { expect, it } from 'vitest';
import { checkRates, emptyRate, taxRates, taxRows } from './tax-form';

const RATES = [{ country: 'DE', class: 'standard', rate: 190_000 }, { country: 'CH', class: 'books', rate: 26_000 }];

it('changes nothing that was not changed', () => {
  expect(taxRates(taxRows(RATES))).toEqual(RATES);
  expect(checkRates(taxRows(RATES))).toEqual([]);
});

it('reports what is missing, and what is there twice', () => {
  const row = { ...emptyRate('DE'), key: 'a' };
  expect(checkRates([row]).map(({ field }) => field)).toEqual(['tax-rate-a']);
  const twice = checkRates([...taxRows(RATES), { ...row, country: 'de', percent: '7' }]);
  expect(twice.map(({ message }) => message)).toEqual(['DE standard is entered twice.']);
});
