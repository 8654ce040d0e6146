import { describe, expect, it } from 'vitest';
import type { Address, AddressRules } from '../api/types';
import {
  addressPointers, checkAddress, cleanAddress, destinationOf, localityLines, regionCode, sameDestination, UNKNOWN_RULES,
} from './address-rules';
import germanCommon from '../messages/de';
import germanPurchase from '../messages/de/purchase';
import common from '../messages/en';
import purchase from '../messages/en/purchase';
import { emptyAddress, firstDraft, resumedDraft, savedEntry } from './draft';

const t = { ...common, ...purchase };
const de = { ...germanCommon, ...germanPurchase };

const US: AddressRules = {
  country: 'US',
  name: 'United States',
  fields: [
    { name: 'city', label: 'Town or city', required: true },
    { name: 'region', label: 'State', required: true, regions: [{ code: 'CA', name: 'California' }, { code: 'IL', name: 'Illinois' }] },
    { name: 'postal_code', label: 'ZIP code', required: true, example: '95014', pattern: '(\\d{5})(?:[ \\-](\\d{4}))?' },
  ],
  format: '{city}, {region} {postal_code}',
};
const GB: AddressRules = {
  country: 'GB',
  name: 'United Kingdom',
  fields: [{ name: 'city', label: 'Town or city', required: true }, { name: 'postal_code', label: 'Postcode', required: true }],
  format: '{city}\n{postal_code}',
};
const HK: AddressRules = {
  country: 'HK',
  name: 'Hong Kong',
  fields: [
    { name: 'region', label: 'Area', required: true, regions: [{ code: 'Kowloon', name: 'Kowloon' }] },
    { name: 'city', label: 'District', required: false },
  ],
  format: '{city}\n{region}',
};

const berlin = { name: ' Ada ', line1: 'Unter den Linden 1', line2: ' ', city: 'Berlin', region: '', postal_code: '10117', country: 'DE', phone: '' };
const springfield = { ...emptyAddress('US'), name: 'Ada', line1: '1 Main Street', city: 'Springfield', region: 'IL', postal_code: '62701' };

function fields(address: Address, rules: AddressRules) {
  return checkAddress(address, rules, 'x', t).map((error) => error.field);
}

describe('an address', () => {
  it('is trimmed, without empty optional fields', () => {
    expect(cleanAddress(berlin)).toEqual({ name: 'Ada', line1: 'Unter den Linden 1', city: 'Berlin', postal_code: '10117', country: 'DE' });
    expect(destinationOf(berlin)).toEqual({ country: 'DE', city: 'Berlin', postal_code: '10117' });
  });

  it('needs the fields that its country requires', () => {
    expect(fields(springfield, US)).toEqual([]);
    expect(fields({ ...springfield, city: ' ', region: '', postal_code: '' }, US)).toEqual(['x-city', 'x-region', 'x-postal_code']);
    expect(fields({ ...emptyAddress('HK'), name: 'Ada', line1: '1 Harbour Road', region: 'Kowloon' }, HK)).toEqual([]);
    expect(fields(emptyAddress(''), UNKNOWN_RULES)).toEqual(['x-country', 'x-name', 'x-line1']);
    expect(addressPointers('x', '/address')['/address/postal_code']).toBe('x-postal_code');
  });

  it('is asked for in the words of its country', () => {
    const messages = checkAddress({ ...springfield, city: '', region: '', postal_code: '' }, US, 'x', t).map((error) => error.message);
    expect(messages).toEqual(['Enter a town or city.', 'Choose a state.', 'Enter a ZIP code.']);
    expect(t.checkout.noField('Eircode')).toBe('Enter an Eircode.');
    expect(t.checkout.noChoice('Island')).toBe('Choose an island.');
    expect(t.checkout.noField('Postcode')).toBe('Enter a postcode.');
    expect(checkAddress({ ...springfield, region: '' }, US, 'x', de).map((error) => error.message)).toEqual(['Bitte treffen Sie eine Auswahl im Feld „Bundesstaat“.']);
  });

  it('is shown in the order of its country', () => {
    expect(localityLines(springfield, US)).toEqual(['Springfield, IL 62701']);
    expect(localityLines({ ...springfield, region: '' }, US)).toEqual(['Springfield, 62701']);
    expect(localityLines({ ...berlin, city: 'London', postal_code: 'W1A 4ZZ' }, GB)).toEqual(['London', 'W1A 4ZZ']);
    expect(localityLines({ ...berlin, city: 'London', region: 'Greater London', postal_code: 'W1A 4ZZ' }, GB)).toEqual(['London', 'W1A 4ZZ', 'Greater London']);
    expect(localityLines({ ...emptyAddress('HK'), region: 'Kowloon' }, HK)).toEqual(['Kowloon']);
    expect(localityLines(berlin, UNKNOWN_RULES)).toEqual(['10117 Berlin']);
  });

  it('has a region of the list, by code or name', () => {
    const [, region] = US.fields;
    expect(region && ['il', 'Illinois', 'ILLINOIS ', 'Bavaria', '', null].map((text) => regionCode(region, text))).toEqual(['IL', 'IL', 'IL', '', '', '']);
    expect(regionCode({ name: 'region', label: 'Province', required: false }, ' Riga ')).toBe('Riga');
  });

  it('is compared with the address that was quoted', () => {
    expect(sameDestination({ country: 'DE', city: 'Berlin', postal_code: '10117', region: null }, destinationOf(berlin))).toBe(true);
    expect(sameDestination({ country: 'DE', city: 'Berlin', postal_code: '10115' }, destinationOf(berlin))).toBe(false);
    expect(sameDestination(null, destinationOf(berlin))).toBe(false);
  });
});

describe('the draft of a checkout', () => {
  const saved = [{ id: '2', ...cleanAddress(springfield) }, { id: '1', ...cleanAddress(berlin) }];

  it('begins with the address that was saved last', () => {
    expect(firstDraft('ada@example.org', 'Ada', 'DE', saved)).toEqual({ email: 'ada@example.org', address: cleanAddress(springfield) });
    expect(firstDraft('', 'Ada', 'DE', []).address).toEqual({ ...emptyAddress('DE'), name: 'Ada' });
  });

  it('keeps what was entered before, if it was anything', () => {
    const first = firstDraft('ada@example.org', 'Ada', 'DE', saved);
    const entered = { email: 'x@example.org', address: berlin };
    expect(resumedDraft(entered, first)).toBe(entered);
    expect(resumedDraft({ email: '', address: emptyAddress('GB') }, first)).toEqual(first);
    expect(resumedDraft(null, first)).toBe(first);
  });

  it('knows the entry of the address book that it has', () => {
    expect(savedEntry(saved, berlin)?.id).toBe('1');
    expect(savedEntry(saved, { ...berlin, city: 'Bonn' })).toBeUndefined();
    expect(savedEntry(undefined, berlin)).toBeUndefined();
  });
});
