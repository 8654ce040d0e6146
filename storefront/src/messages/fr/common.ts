import type { Messages } from '../catalogue';
import { pluralOf } from '../plural';

export const plural = pluralOf('fr');

export const common: Messages['common'] = {
  optional: '(facultatif)',
  checkErrors: 'Veuillez vérifier les points suivants',
  tryAgain: 'Réessayer',
  notLoaded: 'Le chargement a échoué',
  loading: 'Chargement',
  edit: 'Modifier',
  remove: 'Retirer',
  cancel: 'Annuler',
  message: 'Message',
  dismiss: 'Fermer le message',
  newTab: "(s'ouvre dans un nouvel onglet)",
  close: (title) => `Fermer\u00a0: ${title}`,
  suggestions: (count) => plural(count, { one: `${count} suggestion`, other: `${count} suggestions` }),
  decrease: 'Réduire la quantité',
  increase: 'Augmenter la quantité',
  quantityOf: (title) => `Quantité de ${title}`,
  copy: 'Copier',
  copied: 'Copié',
  copiedValue: (value) => `Copié\u00a0: ${value}`,
  notCopied: 'La copie a échoué. Veuillez sélectionner et copier le texte vous-même.',
  items: (count) => plural(count, { one: `${count} article`, other: `${count} articles` }),
  products: (count, text) => plural(count, { one: `${text} article`, other: `${text} articles` }),
  days: (min, max) => (min === max ? plural(max, { one: `${max} jour`, other: `${max} jours` }) : `${min} à ${max} jours`),
  quantity: (count) => `Quantité\u00a0: ${count}`,
  free: 'Offert',
  email: 'Adresse e-mail',
  name: 'Nom',
  phone: 'Téléphone',
};
