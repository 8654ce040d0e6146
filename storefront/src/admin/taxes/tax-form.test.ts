import { expect, it } from 'vitest';
import { checkRates, emptyRate, fieldId, taxRates, taxRows } from './tax-form';

const RATES = [{ country: 'DE', class: 'standard', rate: 190_000 }, { country: 'CH', class: 'books', rate: 26_000 }];

it('changes nothing that was not changed', () => {
  expect(taxRates(taxRows(RATES))).toEqual(RATES);
  expect(checkRates(taxRows(RATES))).toEqual([]);
});

it('reports what is missing, and what is there twice', () => {
  const row = { ...emptyRate('DE'), key: 'a' };
  expect(checkRates([row]).map(({ field }) => field)).toEqual(['tax-items-0-rate']);
  expect(checkRates([{ ...row, country: 'D', taxClass: '' }]).map(({ message }) => message)).toEqual([
    'Enter the two letters of the country, such as DE for Germany.',
    'Enter the class of the rate in the new country, such as standard.',
    'Enter the percentage of the new class in the new country as a number from 0 to 100, such as 19 or 5.5.',
  ]);
  const twice = checkRates([...taxRows(RATES), { ...row, country: 'de', percent: '7' }]);
  expect(twice.map(({ message }) => message)).toEqual(['There are two rates of standard in Germany. Remove one of them.']);
  expect(twice.map(({ field }) => field)).toEqual([fieldId('/items/2')]);
});
