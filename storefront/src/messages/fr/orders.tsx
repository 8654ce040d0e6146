import type { PurchaseTexts } from '../catalogue';

const REVIEWED = { order: 'votre commande', refund: 'votre remboursement', return: 'votre retour' };

export const orders: PurchaseTexts['orders'] = {
  order: 'Commande',
  number: (number) => `Commande ${number}`,
  loading: 'Chargement de votre commande',
  notLoaded: "Votre commande n'a pas pu être chargée",
  logInTitle: 'Connectez-vous pour voir cette commande',
  logInText: "Vous pouvez aussi utiliser le lien de votre e-mail de confirmation.",
  notFound: 'Commande introuvable',
  notFoundText: "Utilisez le lien de votre e-mail de confirmation, ou connectez-vous au compte avec lequel vous avez commandé.",
  placedAt: (number, time) => `Commande ${number}, passée le ${time}`,
  thanks: (name) => `Merci, ${name}\u202f!`,
  confirmationSent: (email) => `Nous avons envoyé une confirmation à ${email}.`,
  status: (status) => <>Statut&nbsp;: {status}</>,
  progress: 'Avancement',
  details: 'Détails de la commande',
  refunded: (amount) => <>Remboursé&nbsp;: {amount}</>,
  chargedBack: (amount) => <>Rétrofacturé par votre banque&nbsp;: {amount}</>,
  deliverTo: 'Adresse de livraison',
  deliveryTime: 'Délai de livraison',
  receipt: 'Reçu',
  invoice: 'Télécharger la facture (PDF)',
  orderAgain: 'Commander à nouveau',
  orderedAgain: (units) => `Ajouté à votre panier\u00a0: ${units}.`,
  orderedAgainPartly: "Certains articles n'ont pas pu être ajoutés à votre panier.",

  statuses: {
    received: { title: 'Reçue', heading: 'Nous avons reçu votre commande.', text: 'Nous la préparons.' },
    confirmed: { title: 'Confirmée', heading: 'Votre commande est confirmée.', text: 'Tout est en stock et payé. Nous préparons votre colis.' },
    shipped: { title: 'En route', heading: 'Votre commande est en route.', text: 'Le transporteur a pris votre colis en charge.' },
    delivered: { title: 'Livrée', heading: 'Votre commande a été livrée.', text: 'Nous espérons que vous en serez satisfait.' },
    cancelling: {
      title: "En cours d'annulation",
      heading: "Votre commande est en cours d'annulation.",
      text: "Nous arrêtons l'expédition et remboursons tout paiement effectué.",
    },
    cancelled: { title: 'Annulée', heading: 'Votre commande a été annulée.', text: 'Tout paiement effectué sera remboursé.' },
    attention: {
      title: 'En vérification',
      heading: 'Nous vérifions votre commande.',
      text: "Vous n'avez rien à faire. Nous vous écrirons dès qu'il y aura du nouveau.",
    },
  },

  history: 'Historique de la commande',
  live: 'Mise à jour automatique',
  lost: 'Connexion perdue. Reconnexion…',
  timeline: {
    placed: { title: 'Commande passée', text: () => 'Nous avons reçu votre commande.' },
    stock_committed: { title: 'Articles réservés', text: () => 'Vos articles vous sont réservés.' },
    awaiting_stock: {
      title: 'En attente de stock',
      text: ({ items }) => (items ? `En attente de réapprovisionnement\u00a0: ${items}.` : 'Certains articles sont en attente de réapprovisionnement.'),
    },
    captured: { title: 'Payée', text: ({ amount }) => (amount ? `Nous avons débité ${amount}.` : 'Votre paiement a été débité.') },
    shipment_created: {
      title: 'En préparation',
      text: ({ trackingNumber }) => (trackingNumber ? `Votre numéro de suivi est ${trackingNumber}.` : 'Votre colis est en préparation.'),
    },
    confirmed: { title: 'Confirmée', text: () => 'Votre commande est confirmée.' },
    shipped: {
      title: 'En route',
      text: ({ trackingNumber }) =>
        (trackingNumber ? `Le transporteur a pris en charge votre colis, numéro ${trackingNumber}.` : 'Le transporteur a pris votre colis en charge.'),
    },
    out_for_delivery: { title: 'En cours de livraison', text: () => 'Votre colis est chez le livreur.' },
    delivered: { title: 'Livrée', text: () => 'Votre colis a été livré.' },
    cancellation_requested: { title: 'Annulation demandée', text: () => 'Nous annulons la commande.' },
    cancellation_failed: {
      title: 'Annulation impossible',
      text: () => 'Votre colis était déjà parti. Vous pourrez le retourner après la livraison.',
    },
    cancelled: { title: 'Annulée', text: () => 'Votre commande a été annulée.' },
    refunded: {
      title: 'Remboursée',
      text: ({ amount, reason }) => withReason(amount ? `Nous avons remboursé ${amount}` : 'Votre paiement a été remboursé', reason),
    },
    refund_failed: { title: 'Échec du remboursement', text: () => "Votre remboursement n'a pas abouti. Nous nous en occupons." },
    needs_attention: {
      title: 'En vérification',
      text: ({ subject }) => `Notre équipe vérifie ${REVIEWED[subject ?? 'order'] ?? REVIEWED.order}. Vous n'avez rien à faire.`,
    },
    resumed: { title: 'Reprise', text: () => 'Nous avons repris le traitement de votre commande.' },
    withdrawn: { title: 'Rétractation', text: () => 'Vous vous êtes rétracté du contrat.' },
    return_requested: { title: 'Retour demandé', text: () => 'Vous avez demandé un retour.' },
    return_received: { title: 'Retour reçu', text: () => 'Nous avons reçu votre retour.' },
    return_rejected: {
      title: 'Retour refusé',
      text: ({ reason }) => withReason("Nous n'avons pas pu accepter votre retour", reason),
    },
  },

  parcel: 'Colis',
  parcels: 'Colis',
  shipmentStatuses: {
    announced: 'En préparation',
    packed: 'Emballé',
    in_transit: 'En route',
    out_for_delivery: 'En cours de livraison',
    delivered: 'Livré',
    cancelled: 'Annulé',
  },
  expected: (date) => `Livraison prévue le ${date}`,
  tracking: 'Suivi du colis',
  trackingNumber: (number) => `Numéro de suivi ${number}`,
  carrierAndNumber: (carrier, number) => `${carrier}, numéro de suivi ${number}`,
  trackWith: (carrier) => `Suivre avec ${carrier}`,

  cancel: 'Annuler la commande',
  cancelQuestion: 'Annuler toute la commande\u202f?',
  cancelText: "Nous arrêtons l'expédition et remboursons votre paiement.",
  reason: 'Motif',
  cancelYes: 'Oui, annuler la commande',
  cancelNo: 'Garder la commande',
  cancelling: "Votre commande est en cours d'annulation",

  returns: 'Retours',
  returnOffer: 'Un article ne vous convient pas\u202f? Renvoyez-le pour être remboursé.',
  returnItems: 'Retourner des articles',
  returnRequested: 'Retour demandé',
  returnNumber: (number) => `Retour ${number}`,
  returnStatuses: {
    requested: { title: 'Demandé', text: 'Veuillez nous renvoyer les articles. Nous vous écrirons à leur arrivée.' },
    received: { title: 'Reçu', text: 'Nous avons reçu votre retour et procédons au remboursement.' },
    refunded: { title: 'Terminé', text: 'Votre retour est terminé.' },
    rejected: { title: 'Refusé', text: 'Nous ne pouvons pas accepter ce retour.' },
    attention: { title: 'En vérification', text: "Nous avons reçu votre retour et le vérifions. Vous n'avez rien à faire." },
  },
  accepted: (items) => `Accepté\u00a0: ${items}`,
  acceptedNone: 'Accepté\u00a0: aucun des articles',
  refund: (amount) => <>Remboursement&nbsp;: {amount}</>,
  requestedAt: (time, reason) => `Demandé le ${time}. Motif\u00a0: ${reason}`,
  itemsToReturn: 'Articles à retourner',
  upTo: (left) => (left === 1 ? `${left} article` : `jusqu'à ${left} articles`),
  quantityToReturn: (title) => `Quantité de ${title} à retourner`,
  returnReason: 'Motif du retour',
  returnReasonHint: 'Par exemple\u00a0: trop petit, non conforme à la description, endommagé.',
  requestReturn: 'Demander le retour',
  noReturnItems: 'Choisissez au moins un article à retourner.',
  noReturnReason: 'Indiquez le motif du retour.',
};

function withReason(sentence: string, reason: string | undefined): string {
  if (!reason) return `${sentence}.`;
  return `${sentence}\u00a0: ${reason}${/[.!?]$/.test(reason) ? '' : '.'}`;
}
