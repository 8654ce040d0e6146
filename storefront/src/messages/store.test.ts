import { expect, it, vi } from 'vitest';
import { currentMessages, hasPurchaseTexts, needPurchaseTexts, openLanguage, subscribe } from './store';

it('loads the texts of one language, and those of the checkout once they are needed', async () => {
  expect(() => currentMessages()).toThrow();
  await openLanguage('de');
  expect(currentMessages().shell.cart).toBe('Warenkorb');
  expect(hasPurchaseTexts(currentMessages())).toBe(false);

  const changed = vi.fn();
  const unsubscribe = subscribe(changed);
  await needPurchaseTexts();
  await needPurchaseTexts();
  expect(changed).toHaveBeenCalledTimes(1);
  const first = currentMessages();
  expect(hasPurchaseTexts(first) && first.checkout.placeOrder).toBe('Zahlungspflichtig bestellen');

  await Promise.all([openLanguage('fr'), openLanguage('en')]);
  const last = currentMessages();
  expect(last.language).toBe('en');
  expect(hasPurchaseTexts(last) && last.checkout.placeOrder).toBe('Place order and pay');
  expect(changed).toHaveBeenCalledTimes(2);
  unsubscribe();
});

it('takes the last choice, even if it is the language that is shown', async () => {
  await openLanguage('de');
  expect(await Promise.all([openLanguage('fr'), openLanguage('de')])).toEqual([false, true]);
  expect(currentMessages().language).toBe('de');
});

it('loads the texts of the checkout in a language that is chosen meanwhile', async () => {
  vi.resetModules();
  const store = await import('./store');
  await store.openLanguage('en');
  await Promise.all([store.needPurchaseTexts(), store.openLanguage('fr')]);
  const texts = store.currentMessages();
  expect(texts.language).toBe('fr');
  expect(store.hasPurchaseTexts(texts)).toBe(true);
});
