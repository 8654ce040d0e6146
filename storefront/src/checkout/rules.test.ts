import { describe, expect, it } from 'vitest';
import common from '../messages/en';
import purchase from '../messages/en/purchase';
import { checkEmail } from './address-rules';
import { cardFields, checkCard, formatExpiry, groupDigits, parseExpiry } from './card-rules';

const t = { ...common, ...purchase };

const card = { card_holder_name: 'AUTHORISED', card_number: '4111 1111 1111 1111', expiry: '3/2030', cvc: '737' };
const now = new Date(2030, 2, 31);

describe('checkCard', () => {
  it('accepts a card until the end of its month', () => {
    expect(checkCard(card, now, t)).toEqual([]);
    expect(checkCard(card, new Date(2030, 3, 1), t).map((error) => error.field)).toEqual(['card-expiry']);
  });

  it('reports each invalid field', () => {
    const wrong = { card_holder_name: ' ', card_number: '4111', expiry: '13/30', cvc: 'x' };
    expect(checkCard(wrong, now, t).map((error) => error.field)).toEqual(['card-name', 'card-number', 'card-expiry', 'card-cvc']);
  });

  it.each(['03/30', '3/30', '0330', '03/2030', '032030', ' 03 / 30 ', '03-30', '03.30'])('reads the expiry date %s', (expiry) => {
    expect(checkCard({ ...card, expiry }, now, t)).toEqual([]);
    expect(parseExpiry(expiry)).toEqual({ month: 3, year: 2030 });
  });

  it.each(['', '3', '30', '03/', '00/30', '2030', '03/3', 'x'])('refuses the expiry date %s', (expiry) => {
    expect(checkCard({ ...card, expiry }, now, t).map((error) => error.field)).toEqual(['card-expiry']);
  });

  it('adds the slash of the expiry date while it is typed', () => {
    expect(formatExpiry('03', '0')).toBe('03/');
    expect(formatExpiry('3', '')).toBe('03/');
    expect(formatExpiry('03', '03/')).toBe('03');
    expect(formatExpiry('03/30', '')).toBe('03/30');
  });

  it('converts month and year to numbers for the gateway', () => {
    expect(cardFields({ ...card, expiry: '03/30' })).toEqual({
      card_holder_name: 'AUTHORISED', card_number: '4111111111111111', expiry_month: 3, expiry_year: 2030, cvc: '737',
    });
  });

  it('groups digits in fours', () => {
    expect(groupDigits('41111111a11111111')).toBe('4111 1111 1111 1111');
    expect(groupDigits('4111 ')).toBe('4111');
  });
});

describe('an email address', () => {
  it('is checked roughly', () => {
    expect(checkEmail('ada@example.org', 'e', t)).toEqual([]);
    expect(checkEmail('ada@', 'e', t)).toHaveLength(1);
  });
});
