import type { Messages } from './catalogue';

/** The server writes in English. Its text says more than the catalogue's, so English readers get it, and others the catalogue's. */
export function serverText(t: Messages, fromServer: string | null | undefined, own: string): string {
  return t.language === 'en' && fromServer ? fromServer : own;
}

/** Returns the catalogue's text for a value of the API, or the server's for a value that only a newer server knows. */
export function labelOf(labels: Readonly<Record<string, string>>, value: string, fallback: string): string {
  return Object.hasOwn(labels, value) ? (labels[value] ?? fallback) : fallback;
}
