import { loadMessages, loadPurchaseTexts, type Messages, type PurchaseMessages } from './catalogue';
import type { Language } from './language';

/** The texts on the page: those of every page and, once a page needed them, those of the checkout, orders and account. */
type Loaded = Messages | PurchaseMessages;

let loaded: Loaded | null = null;
let language: Language = 'en';
let needsPurchase = false;
const listeners = new Set<() => void>();

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function currentMessages(): Loaded {
  if (!loaded) throw new Error('The texts are not loaded yet');
  return loaded;
}

export function hasPurchaseTexts(messages: Loaded): messages is PurchaseMessages {
  return 'checkout' in messages;
}

async function load(next: Language): Promise<Loaded> {
  const [messages, purchase] = await Promise.all([loadMessages(next), needsPurchase ? loadPurchaseTexts(next) : null]);
  return purchase ? { ...messages, ...purchase } : messages;
}

/**
 * Loads the texts of a language and shows the page in it. Rejects, and changes nothing, when they cannot be loaded. Returns
 * false if another language was chosen in the meantime: of two choices in quick succession, the last one counts.
 */
export async function openLanguage(next: Language): Promise<boolean> {
  const before = language;
  language = next;
  try {
    let texts = await load(next);
    // A page that needs the texts of the checkout may have opened meanwhile.
    if (needsPurchase && !hasPurchaseTexts(texts)) texts = await load(next);
    if (language !== next) return false;
    if (loaded?.language === next && hasPurchaseTexts(loaded) === hasPurchaseTexts(texts)) return true;
    loaded = texts;
  } catch (error) {
    if (language === next) language = loaded?.language ?? before;
    throw error;
  }
  for (const listener of listeners) listener();
  return true;
}

/** Loads the further texts of the checkout, the orders and the account, for a page that needs them. */
export async function needPurchaseTexts(): Promise<void> {
  needsPurchase = true;
  // The visitor may choose another language while they are loading.
  while (!loaded || !hasPurchaseTexts(loaded)) await openLanguage(language);
}
