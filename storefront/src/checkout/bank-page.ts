import type { Payment } from '../api/types';

/** A page of the bank or the gateway that the customer has to see. */
export interface BankPage {
  url: string;
  /** Posted there as `JWT`; without it the page is simply opened. */
  jwt: string | null;
}

/** The address, if it is one of a web page at all. */
export function webUrl(url: string, base: string): string | null {
  try {
    const { protocol, href } = new URL(url, base);
    return protocol === 'https:' || protocol === 'http:' ? href : null;
  } catch {
    return null;
  }
}

/** Where the customer has to go on with the payment, if that is what is to be done. */
export function bankPageOf(payment: Payment, base: string): BankPage | null {
  const { action } = payment;
  if (action?.type !== 'redirect' && action?.type !== 'challenge') return null;
  const url = webUrl(action.url, base);
  return url === null ? null : { url, jwt: action.type === 'challenge' ? action.jwt : null };
}

/** A form that nobody sees, with these fields, ready to be sent. */
export function hiddenForm(url: string, target: string, fields: Readonly<Record<string, string>>): HTMLFormElement {
  const form = document.createElement('form');
  Object.assign(form, { method: 'post', action: url, target, hidden: true });
  for (const [name, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
  }
  document.body.append(form);
  return form;
}

/** Leaves the shop for the page. */
export function goToBank({ url, jwt }: BankPage): void {
  if (jwt === null) window.location.assign(url);
  else hiddenForm(url, '_self', { JWT: jwt }).submit();
}
