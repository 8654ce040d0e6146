import type { Messages } from '../catalogue';
import { pluralOf } from '../plural';

export const plural = pluralOf('de');

export const common: Messages['common'] = {
  optional: '(optional)',
  checkErrors: 'Bitte prüfen Sie Ihre Angaben',
  tryAgain: 'Erneut versuchen',
  notLoaded: 'Das konnte nicht geladen werden',
  loading: 'Wird geladen',
  edit: 'Ändern',
  remove: 'Entfernen',
  cancel: 'Abbrechen',
  message: 'Hinweis',
  dismiss: 'Hinweis schließen',
  newTab: '(öffnet sich in einem neuen Tab)',
  close: (title) => `${title} schließen`,
  suggestions: (count) => plural(count, { one: `${count} Vorschlag`, other: `${count} Vorschläge` }),
  decrease: 'Menge verringern',
  increase: 'Menge erhöhen',
  quantityOf: (title) => `Menge von ${title}`,
  copy: 'Kopieren',
  copied: 'Kopiert',
  copiedValue: (value) => `${value} kopiert`,
  notCopied: 'Das Kopieren hat nicht geklappt. Bitte markieren und kopieren Sie den Text selbst.',
  items: (count) => `${count} Artikel`,
  products: (_, text) => `${text} Artikel`,
  days: (min, max) => (min === max ? plural(max, { one: `${max} Tag`, other: `${max} Tage` }) : `${min}–${max} Tage`),
  quantity: (count) => `Menge: ${count}`,
  free: 'Kostenlos',
  email: 'E-Mail-Adresse',
  name: 'Name',
  phone: 'Telefon',
};
