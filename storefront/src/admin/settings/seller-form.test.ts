import { expect, it } from 'vitest';
import { sellerErrors, sellerInput, sellerOf } from './seller-form';

const SELLER = { name: 'Hofladen Müller GmbH', address: ['Lindenweg 7', '20095 Hamburg'], tax_id: 'DE123456789' };

it('shows and returns a seller unchanged', () => {
  expect(sellerOf(sellerInput(SELLER))).toEqual(SELLER);
  expect(sellerOf(sellerInput({ name: 'A', address: ['B'] }))).toEqual({ name: 'A', address: ['B'] });
});

it('leaves out empty lines', () => {
  expect(sellerOf({ name: ' A ', address: '\n B \n\nC', taxId: ' ' })).toEqual({ name: 'A', address: ['B', 'C'] });
});

it('needs a name and one to six lines once something is entered', () => {
  const empty = sellerInput(undefined);
  expect(sellerErrors(empty, false)).toEqual([]);
  expect(sellerErrors(empty, true).map(({ field }) => field)).toEqual(['seller-name', 'seller-address']);
  expect(sellerErrors({ ...empty, taxId: 'DE1' }, false)).toHaveLength(2);
  expect(sellerErrors({ ...sellerInput(SELLER), address: 'a\nb\nc\nd\ne\nf\ng' }, true)).toHaveLength(1);
});
