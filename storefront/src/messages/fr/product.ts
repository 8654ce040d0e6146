import type { Messages } from '../catalogue';

export const product: Messages['product'] = {
  loading: "Chargement de l'article",
  breadcrumb: "Fil d'Ariane",
  addToCart: 'Ajouter au panier',
  added: (title) => `${title} a été ajouté à votre panier.`,
  viewCart: 'Voir le panier',
  related: 'Vous aimerez peut-être aussi',

  images: "Photos de l'article",
  image: (number, count) => `Photo ${number} sur ${count}`,
  imageWithText: (number, count, text) => `Photo ${number} sur ${count}\u00a0: ${text}`,
  imageCount: (number, count) => `${number} sur ${count}`,
  enlarge: (title) => `Agrandir la photo de ${title}`,
  previousImage: 'Photo précédente',
  nextImage: 'Photo suivante',

  choice: { available: '', 'sold-out': ', épuisé', missing: ', indisponible avec vos autres choix' },
  availability: {
    in_stock: 'En stock',
    low: 'Plus que quelques exemplaires',
    backorder: 'En réapprovisionnement\u00a0: expédié dès son retour en stock',
    out_of_stock: 'Épuisé',
  },
  onlyLeft: (count) => `Plus que ${count} en stock`,

  taxIncluded: 'TVA incluse, frais de livraison en sus',
  taxAdded: 'Hors TVA et frais de livraison',
  taxIncludedOnly: 'TVA incluse',
  taxAddedOnly: 'Hors TVA',

  details: "Détails de l'article",
  weight: 'Poids',
  sku: 'Référence',
  barcode: 'Code EAN',
  tags: 'Mots-clés',
  delivery: 'Livraison',
  deliveryCountries: (count) => `Nous livrons dans ${count} pays.`,
  deliveryCountry: (country) => `Pays de livraison\u00a0: ${country}.`,
  deliveryPrice: "Les frais dépendent du poids et de l'adresse. Ils s'affichent avant la validation de votre commande.",
  returns: 'Retours',
  returnsText: 'Après la livraison, vous pouvez demander un retour sur la page de votre commande. Nous vous remboursons après réception des articles.',

  /** The information that Regulation (EU) 2023/988, article 19, wants in every offer. */
  safety: 'Sécurité du produit',
  manufacturer: 'Fabricant',
  responsiblePerson: "Personne responsable dans l'UE",
  warnings: 'Avertissements',
  /** In the words of the French Consumer Code, article L221-28. */
  withdrawalExceptions: {
    made_to_order: 'Pas de droit de rétractation\u00a0: confectionné selon vos spécifications ou nettement personnalisé.',
    perishable: 'Pas de droit de rétractation\u00a0: susceptible de se détériorer ou de se périmer rapidement.',
    periodical: 'Pas de droit de rétractation\u00a0: journal, périodique ou magazine.',
    sealed_hygiene: "Droit de rétractation tant que l'article n'est pas descellé\u00a0: scellé pour des raisons d'hygiène ou de protection de la santé.",
    sealed_recording: "Droit de rétractation tant que l'article n'est pas descellé\u00a0: enregistrement audio ou vidéo ou logiciel informatique scellé.",
  },
};
