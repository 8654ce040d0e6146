import type english from './en';
import type englishPurchase from './en/purchase';
import type { Language } from './language';

/** The texts of every page. English declares them, and the other languages have the same keys. */
export type Messages = typeof english;
/** The further texts of the checkout, the orders and the account. */
export type PurchaseTexts = typeof englishPurchase;
export type PurchaseMessages = Messages & PurchaseTexts;

interface Loaders {
  messages: () => Promise<{ default: Messages }>;
  purchase: () => Promise<{ default: PurchaseTexts }>;
}

/** The chunks of each language: visitors load the texts of their own, and those of the checkout with its pages. */
const LOADERS: Readonly<Record<Language, Loaders>> = {
  en: { messages: () => import('./en'), purchase: () => import('./en/purchase') },
  de: { messages: () => import('./de'), purchase: () => import('./de/purchase') },
  fr: { messages: () => import('./fr'), purchase: () => import('./fr/purchase') },
};

export async function loadMessages(language: Language): Promise<Messages> {
  return (await LOADERS[language].messages()).default;
}

export async function loadPurchaseTexts(language: Language): Promise<PurchaseTexts> {
  return (await LOADERS[language].purchase()).default;
}
