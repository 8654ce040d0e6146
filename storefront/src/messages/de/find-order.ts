import type { PurchaseTexts } from '../catalogue';

export const findOrder: PurchaseTexts['findOrder'] = {
  text: 'Geben Sie Ihre Bestellnummer und Ihre E-Mail-Adresse ein. Wir schicken Ihnen den Link zu Ihrer Bestellung.',
  send: 'Link schicken',
  sent: 'Falls es eine Bestellung mit dieser Nummer und E-Mail-Adresse gibt, haben wir Ihnen den Link dazu geschickt.',
  noNumber: 'Bitte geben Sie Ihre Bestellnummer ein.',
};
