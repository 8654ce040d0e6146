import { useSyncExternalStore } from 'react';
import type { Messages, PurchaseMessages } from './catalogue';
import { languageCookie, type Language } from './language';
import { currentMessages, hasPurchaseTexts, openLanguage, subscribe } from './store';

/** The texts of every page, in its language. */
export function useMessages(): Messages {
  return useSyncExternalStore(subscribe, currentMessages, currentMessages);
}

/** The texts including those of the checkout, the orders and the account, for pages that routes.tsx loads them for. */
export function usePurchaseMessages(): PurchaseMessages {
  const messages = useSyncExternalStore(subscribe, currentMessages, currentMessages);
  if (!hasPurchaseTexts(messages)) throw new Error('routes.tsx does not load the texts that this page needs');
  return messages;
}

/** Shows the page in another language, and remembers it for this browser. Components keep their state, and so what was typed. */
export async function chooseLanguage(language: Language): Promise<void> {
  // A later choice has won.
  if (!(await openLanguage(language))) return;
  document.cookie = languageCookie(language);
  document.documentElement.lang = language;
}
