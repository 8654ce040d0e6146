import { languageOf, type Language } from '../messages/language';

/** With offline.html, the only texts outside of the catalogues: for when these cannot be loaded. */
const TEXTS: Readonly<Record<Language, { failed: string; reload: string }>> = {
  en: { failed: "The page couldn't be loaded.", reload: 'Reload the page' },
  de: { failed: 'Die Seite konnte nicht geladen werden.', reload: 'Seite neu laden' },
  fr: { failed: "La page n'a pas pu être chargée.", reload: 'Recharger la page' },
};

/** Says that a page could not start, for example because its code is not on the server any more, with a link to reload it. */
export function showStartFailure(root: HTMLElement): void {
  const { failed, reload } = TEXTS[languageOf(document.documentElement.lang) ?? 'en'];
  const link = document.createElement('a');
  link.href = window.location.pathname + window.location.search;
  link.textContent = reload;
  const text = document.createElement('p');
  text.role = 'alert';
  text.append(`${failed} `, link);
  // The first view stays: its links work without a script.
  root.prepend(text);
}
