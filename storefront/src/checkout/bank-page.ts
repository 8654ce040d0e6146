import type { Payment } from '../api/types';

/** A page of the bank or the gateway that the customer has to visit. */
export interface BankPage {
  url: string;
  /** The token to post as `JWT`; null for a page that is opened with GET. */
  jwt: string | null;
}

/** Resolves a URL, or returns null unless it is HTTP(S): a `javascript:` URL must not be opened. */
export function webUrl(url: string, base: string): string | null {
  try {
    const { protocol, href } = new URL(url, base);
    return protocol === 'https:' || protocol === 'http:' ? href : null;
  } catch {
    return null;
  }
}

/** Returns the page that the customer has to visit next, if the payment's action is one. */
export function bankPageOf(payment: Payment, base: string): BankPage | null {
  const { action } = payment;
  if (action?.type !== 'redirect' && action?.type !== 'challenge') return null;
  const url = webUrl(action.url, base);
  return url === null ? null : { url, jwt: action.type === 'challenge' ? action.jwt : null };
}

/** Appends a hidden form, ready to be submitted. */
export function hiddenForm(url: string, target: string, fields: Readonly<Record<string, string>>): HTMLFormElement {
  const form = document.createElement('form');
  Object.assign(form, { method: 'post', action: url, target, hidden: true });
  for (const [name, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
  }
  document.body.append(form);
  return form;
}

/** Leaves the shop for this page. */
export function goToBank({ url, jwt }: BankPage): void {
  if (jwt === null) window.location.assign(url);
  else hiddenForm(url, '_self', { JWT: jwt }).submit();
}
