import { describe, expect, it } from 'vitest';
import type { Payment, PaymentAction, PaymentMethod } from '../api/types';
import { memoryStore } from './attempt';
import { bankPageOf } from './bank-page';
import { referenceIn } from './device-data';
import { forgetPayment, openPaymentFor, orderPageOf, rememberedPayment, rememberPayment } from './open-payment';
import { groupedIban } from './transfer';
import { offeredMethods } from './payment-methods';

const payable = (method: string, entry: PaymentMethod['entry'], gateway = 'one'): PaymentMethod => ({ method, label: method, gateway, entry });
const fields = { type: 'worldpay_fields', script: 'https://pay.example/checkout.js', checkout_id: 'c' } as const;

describe('offeredMethods', () => {
  it('leaves out methods that need a script of the gateway', () => {
    const offered = offeredMethods([payable('card', fields), payable('hosted', { type: 'redirect' }), payable('transfer', { type: 'transfer' })]);
    expect(offered.map(({ method }) => method)).toEqual(['hosted', 'transfer']);
    expect(offeredMethods([payable('card', fields)])).toEqual([]);
  });

  it('offers each method once, from the first gateway whose entry fits', () => {
    const form = { type: 'card_form', url: '/sessions' } as const;
    const offered = offeredMethods([payable('card', fields, 'far'), payable('card', form, 'near'), payable('card', form, 'third')]);
    expect(offered.map(({ gateway }) => gateway)).toEqual(['near']);
  });

  it('leaves out methods that it does not know', () => {
    expect(offeredMethods([payable('shells', { type: 'shells' } as unknown as PaymentMethod['entry'])])).toEqual([]);
  });
});

describe('bankPageOf', () => {
  const base = 'https://shop.example/checkout';
  const of = (action: PaymentAction | null) => bankPageOf({ action } as Payment, base);

  it('has a token for a challenge only', () => {
    expect(of({ type: 'redirect', url: 'https://pay.example/1' })).toEqual({ url: 'https://pay.example/1', jwt: null });
    expect(of({ type: 'challenge', url: '/sandbox/challenge', jwt: 'j' })).toEqual({ url: 'https://shop.example/sandbox/challenge', jwt: 'j' });
  });

  it('accepts web pages only', () => {
    expect(of({ type: 'redirect', url: 'javascript:alert(1)' })).toBeNull();
    expect(of({ type: 'challenge', url: 'data:text/html,x', jwt: 'j' })).toBeNull();
    expect(of(null)).toBeNull();
  });
});

describe('referenceIn', () => {
  it('returns the reference of a completed check', () => {
    expect(referenceIn(JSON.stringify({ MessageType: 'profile.completed', SessionId: '0_1', Status: true }))).toBe('0_1');
  });

  it('ignores other messages', () => {
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

  it('is resumed from the server, with the token of its own order only', () => {
    const [tab, browser] = [memoryStore(), memoryStore()];
    expect(openPaymentFor({ id: 'p1', order_id: 'o1' }, null, tab, browser)).toEqual({ ...open, orderToken: '', cartId: null });
    rememberPayment(tab, open);
    expect(openPaymentFor({ id: 'p1', order_id: 'o1' }, 'c1', tab, browser)).toEqual(open);
    expect(openPaymentFor({ id: 'p2', order_id: 'o2' }, 'c1', tab, browser).orderToken).toBe('');
  });

  it('ignores damaged storage', () => {
    const tab = memoryStore();
    tab.setItem('shop.payment', '{"paymentId":1');
    expect(rememberedPayment(tab)).toBeNull();
  });

  it('has the token of its order in the URL', () => {
    expect(orderPageOf(open)).toBe('/orders/o1?token=a%2Bb');
    expect(orderPageOf({ ...open, orderToken: '' })).toBe('/orders/o1');
  });
});

it('groups an IBAN as on paper', () => {
  expect(groupedIban('DE89370400440532013000')).toBe('DE89 3704 0044 0532 0130 00');
});
