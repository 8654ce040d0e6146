import type { PurchaseTexts } from '../catalogue';

export const withdrawal: PurchaseTexts['withdrawal'] = {
  title: 'Droit de rétractation',
  text: 'Vous pouvez vous rétracter du contrat sans donner de motif.',
  until: (time) => `Vous pouvez vous rétracter jusqu'au ${time}.`,
  withdraw: 'Renoncer au contrat ici',
  formTitle: 'Se rétracter du contrat',
  orderNumber: 'Numéro de commande',
  receiptTo: 'Accusé de réception à',
  scope: 'Sur quoi porte votre rétractation\u202f?',
  whole: 'Toute la commande',
  rest: 'Tous les articles indiqués ici',
  some: 'Certains articles seulement',
  quantityOf: (title) => `Quantité de ${title} concernée par la rétractation`,
  noItems: 'Choisissez au moins un article.',
  next: 'Continuer',
  confirmTitle: 'Confirmez votre rétractation',
  declaration: (number) => `Je me rétracte du contrat portant sur ces articles de la commande ${number}\u00a0:`,
  confirm: 'Confirmer la rétractation',
  back: 'Retour',
  done: (email) => `Nous avons reçu votre rétractation. Un accusé de réception avec la date et l'heure a été envoyé à ${email}.`,

  returns: 'Retours et rétractations',
  number: (number) => `Rétractation ${number}`,
  declaredAt: (time) => `Déclarée le ${time}`,
  statuses: {
    requested: { title: 'Déclarée', text: 'Si vous avez ces articles, veuillez nous les renvoyer dans un délai de 14 jours.' },
    received: { title: 'Reçus', text: 'Nous avons reçu les articles et procédons au remboursement.' },
    refunded: { title: 'Terminée', text: 'Votre rétractation est terminée.' },
    rejected: { title: 'Refusée', text: 'Nous ne pouvons pas accepter cette rétractation.' },
    attention: { title: 'En vérification', text: "Nous vérifions votre rétractation. Vous n'avez rien à faire." },
  },
};
