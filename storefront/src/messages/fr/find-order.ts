import type { PurchaseTexts } from '../catalogue';

export const findOrder: PurchaseTexts['findOrder'] = {
  text: 'Indiquez votre numéro de commande et votre adresse e-mail. Nous vous enverrons le lien vers votre commande.',
  send: 'Envoyer le lien',
  sent: "S'il existe une commande avec ce numéro et cette adresse e-mail, nous vous avons envoyé son lien.",
  noNumber: 'Indiquez votre numéro de commande.',
};
