import { describe, expect, it } from 'vitest';
import { formatMoney, parseMajor, percentOff, reductionOf, sameMoney, toDecimal, toInputText } from './money';

const usd = (amount: number) => ({ amount, currency: 'USD' });
const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ');

describe('toDecimal', () => {
  it('moves digits by the exponent of the currency', () => {
    expect(toDecimal(usd(129900))).toBe('1299.00');
    expect(toDecimal(usd(5))).toBe('0.05');
    expect(toDecimal(usd(0))).toBe('0.00');
    expect(toDecimal(usd(-199))).toBe('-1.99');
    expect(toDecimal({ amount: 1500, currency: 'JPY' })).toBe('1500');
    expect(toDecimal({ amount: 1500, currency: 'KWD' })).toBe('1.500');
    expect(toDecimal({ amount: 7, currency: 'CLF' })).toBe('0.0007');
  });
});

describe('formatMoney', () => {
  it('formats for the locale', () => {
    expect(formatMoney(usd(129900), 'en-US')).toBe('$1,299.00');
    expect(plain(formatMoney({ amount: 129900, currency: 'EUR' }, 'de-DE'))).toBe('1.299,00 €');
    expect(plain(formatMoney({ amount: 129900, currency: 'JPY' }, 'ja-JP'))).toMatch(/129,900/);
  });

  it('uses the exponent of ISO 4217 where CLDR shows fewer digits', () => {
    expect(plain(formatMoney({ amount: 12345, currency: 'IDR' }, 'en-US'))).toBe('IDR 123.45');
  });

  it('is exact where a float is not', () => {
    expect(formatMoney(usd(Number.MAX_SAFE_INTEGER), 'en-US')).toBe('$90,071,992,547,409.91');
    expect(formatMoney(usd(1005), 'en-US')).toBe('$10.05');
    expect(formatMoney(usd(-1), 'en-US')).toBe('-$0.01');
  });
});

describe('parseMajor', () => {
  it('parses what customers type', () => {
    expect(parseMajor('12', 'USD')).toBe(1200);
    expect(parseMajor(' 12.5 ', 'USD')).toBe(1250);
    expect(parseMajor('12,50', 'EUR')).toBe(1250);
    expect(parseMajor('0.29', 'USD')).toBe(29);
    expect(parseMajor('1.005', 'KWD')).toBe(1005);
    expect(parseMajor('300', 'JPY')).toBe(300);
  });

  it('refuses what is no amount, or would need rounding', () => {
    for (const text of ['', 'abc', '-1', '1.999', '1e3', '1 2', '9999999999999']) {
      expect(parseMajor(text, 'USD')).toBeNull();
    }
    expect(parseMajor('3.5', 'JPY')).toBeNull();
  });

  it('undoes toInputText', () => {
    for (const minor of [0, 1, 10, 99, 100, 1250, 129900]) {
      expect(parseMajor(toInputText(minor, 'USD'), 'USD')).toBe(minor);
    }
    expect(toInputText(1200, 'USD')).toBe('12');
    expect(toInputText(1250, 'USD')).toBe('12.50');
  });
});

describe('percentOff', () => {
  it('never overstates', () => {
    expect(percentOff(usd(6667), usd(10000))).toBe(33);
    expect(percentOff(usd(8000), usd(10000))).toBe(20);
    expect(percentOff(usd(9999), usd(10000))).toBeNull();
    expect(percentOff(usd(10000), usd(10000))).toBeNull();
    expect(percentOff(usd(10000), null)).toBeNull();
  });
});

const offer = (price: number, compareAt: number | null, prior: number | null) =>
  reductionOf({ price: usd(price), compare_at_price: compareAt ? usd(compareAt) : null, prior_price: prior ? usd(prior) : null });

describe('a reduction', () => {
  it('is announced from the lowest price of the 30 days before, not from the price that the merchant compares with', () => {
    expect(offer(8000, 16000, 10000)).toEqual({ percent: 20, before: usd(10000), prior: usd(10000) });
    expect(offer(8000, null, 10000)).toEqual({ percent: 20, before: usd(10000), prior: usd(10000) });
  });

  it('is computed from the price that the merchant compares with if no prior price is known', () => {
    expect(offer(8000, 16000, null)).toEqual({ percent: 50, before: usd(16000), prior: null });
  });

  it('is not announced for a price that is not below the prior price', () => {
    expect(offer(8000, 16000, 8000)).toBeNull();
    expect(offer(8000, 16000, 7000)).toBeNull();
    expect(offer(8000, null, null)).toBeNull();
  });
});

describe('sameMoney', () => {
  it('compares amount and currency', () => {
    expect(sameMoney(usd(1), usd(1))).toBe(true);
    expect(sameMoney(usd(1), { amount: 1, currency: 'EUR' })).toBe(false);
  });
});
