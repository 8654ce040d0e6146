import { describe, expect, it } from 'vitest';
import type { Payment, PaymentAction, PaymentMethod } from '../api/types';
import { memoryStore } from './attempt';
import { bankPageOf } from './bank-page';
import { referenceIn } from './device-data';
import { forgetPayment, openPaymentFor, orderPageOf, rememberedPayment, rememberPayment } from './open-payment';
import { groupedIban } from './transfer';
import { waysToPay } from './ways-to-pay';

const way = (method: string, entry: PaymentMethod['entry'], gateway = 'one'): PaymentMethod => ({ method, label: method, gateway, entry });
const fields = { type: 'worldpay_fields', script: 'https://pay.example/checkout.js', checkout_id: 'c' } as const;

describe('the ways to pay', () => {
  it('leave out what needs a script of the gateway', () => {
    const offered = waysToPay([way('card', fields), way('hosted', { type: 'redirect' }), way('transfer', { type: 'transfer' })]);
    expect(offered.map(({ method }) => method)).toEqual(['hosted', 'transfer']);
    expect(waysToPay([way('card', fields)])).toEqual([]);
  });

  it('offer each method once, from the first gateway whose entry fits', () => {
    const form = { type: 'card_form', url: '/sessions' } as const;
    const offered = waysToPay([way('card', fields, 'far'), way('card', form, 'near'), way('card', form, 'third')]);
    expect(offered.map(({ gateway }) => gateway)).toEqual(['near']);
  });

  it('leave out what a newer server may know', () => {
    expect(waysToPay([way('shells', { type: 'shells' } as unknown as PaymentMethod['entry'])])).toEqual([]);
  });
});

describe('the page to go on at', () => {
  const base = 'https://shop.example/checkout';
  const of = (action: PaymentAction | null) => bankPageOf({ action } as Payment, base);

  it('is opened for a redirect, and gets the token for a challenge', () => {
    expect(of({ type: 'redirect', url: 'https://pay.example/1' })).toEqual({ url: 'https://pay.example/1', jwt: null });
    expect(of({ type: 'challenge', url: '/sandbox/challenge', jwt: 'j' })).toEqual({ url: 'https://shop.example/sandbox/challenge', jwt: 'j' });
  });

  it('is a web page or none', () => {
    expect(of({ type: 'redirect', url: 'javascript:alert(1)' })).toBeNull();
    expect(of({ type: 'challenge', url: 'data:text/html,x', jwt: 'j' })).toBeNull();
    expect(of(null)).toBeNull();
  });
});

describe('the message of the frame', () => {
  it('tells the reference once the bank is done', () => {
    expect(referenceIn(JSON.stringify({ MessageType: 'profile.completed', SessionId: '0_1', Status: true }))).toBe('0_1');
  });

  it('is not taken for one when it says something else', () => {
    for (const data of ['', 'hello', 'null', '{"MessageType":"other","SessionId":"0_1"}', '{"MessageType":"profile.completed","SessionId":""}', { MessageType: 'profile.completed' }, 7]) {
      expect(referenceIn(data)).toBeNull();
    }
  });
});

describe('an open payment', () => {
  const open = { paymentId: 'p1', orderId: 'o1', orderToken: 'a+b', cartId: 'c1' };

  it('is found in the tab first, then in the browser', () => {
    const [tab, browser] = [memoryStore(), memoryStore()];
    rememberPayment(browser, { ...open, orderToken: '' });
    expect(rememberedPayment(tab, browser)?.orderToken).toBe('');
    rememberPayment(tab, open);
    expect(rememberedPayment(tab, browser)?.orderToken).toBe('a+b');
    forgetPayment(tab, browser);
    expect(rememberedPayment(tab, browser)).toBeNull();
  });

  it('is taken up from the word of the server, with the token only of its own order', () => {
    const [tab, browser] = [memoryStore(), memoryStore()];
    expect(openPaymentFor({ id: 'p1', order_id: 'o1' }, null, tab, browser)).toEqual({ ...open, orderToken: '', cartId: null });
    rememberPayment(tab, open);
    expect(openPaymentFor({ id: 'p1', order_id: 'o1' }, 'c1', tab, browser)).toEqual(open);
    expect(openPaymentFor({ id: 'p2', order_id: 'o2' }, 'c1', tab, browser).orderToken).toBe('');
  });

  it('is none when the storage holds something else', () => {
    const tab = memoryStore();
    tab.setItem('shop.payment', '{"paymentId":1');
    expect(rememberedPayment(tab)).toBeNull();
  });

  it('keeps the token of its order in the address', () => {
    expect(orderPageOf(open)).toBe('/orders/o1?token=a%2Bb');
    expect(orderPageOf({ ...open, orderToken: '' })).toBe('/orders/o1');
  });
});

it('groups an IBAN as on paper', () => {
  expect(groupedIban('DE89370400440532013000')).toBe('DE89 3704 0044 0532 0130 00');
});
