import type { Messages } from '../catalogue';

export const product: Messages['product'] = {
  loading: 'Artikel wird geladen',
  breadcrumb: 'Sie sind hier',
  addToCart: 'In den Warenkorb',
  added: (title) => `${title} liegt jetzt im Warenkorb.`,
  viewCart: 'Warenkorb ansehen',
  related: 'Das könnte Ihnen auch gefallen',

  images: 'Produktbilder',
  image: (number, count) => `Bild ${number} von ${count}`,
  imageWithText: (number, count, text) => `Bild ${number} von ${count}: ${text}`,
  imageCount: (number, count) => `${number} von ${count}`,
  enlarge: (title) => `Bild von ${title} vergrößern`,
  previousImage: 'Vorheriges Bild',
  nextImage: 'Nächstes Bild',

  choice: { available: '', 'sold-out': ', ausverkauft', missing: ', mit Ihrer übrigen Auswahl nicht erhältlich' },
  availability: {
    in_stock: 'Auf Lager',
    low: 'Nur noch wenige verfügbar',
    backorder: 'Nachbestellt: Versand, sobald der Artikel wieder eintrifft',
    out_of_stock: 'Ausverkauft',
  },
  onlyLeft: (count) => `Nur noch ${count} verfügbar`,

  taxIncluded: 'inkl. MwSt., zzgl. Versandkosten',
  taxAdded: 'zzgl. MwSt. und Versandkosten',
  taxIncludedOnly: 'inkl. MwSt.',
  taxAddedOnly: 'zzgl. MwSt.',

  details: 'Produktdetails',
  weight: 'Gewicht',
  sku: 'Artikelnummer',
  barcode: 'EAN',
  tags: 'Schlagwörter',
  delivery: 'Versand',
  deliveryCountries: (count) => `Wir liefern in ${count} Länder.`,
  deliveryCountry: (country) => `Lieferland: ${country}.`,
  deliveryPrice: 'Die Versandkosten richten sich nach Gewicht und Adresse. Sie sehen sie an der Kasse, bevor Sie bestellen.',
  returns: 'Rückgabe',
  returnsText: 'Nach der Lieferung können Sie die Rücksendung auf der Seite Ihrer Bestellung anmelden. Wir erstatten den Betrag, sobald die Artikel bei uns eingetroffen sind.',

  /** The information that Regulation (EU) 2023/988, article 19, wants in every offer. */
  safety: 'Produktsicherheit',
  manufacturer: 'Hersteller',
  responsiblePerson: 'Verantwortliche Person in der EU',
  warnings: 'Warnhinweise',
  /** In the words of the German Civil Code (BGB), section 312g (2). */
  withdrawalExceptions: {
    made_to_order: 'Kein Widerrufsrecht: nach Kundenspezifikation angefertigt oder eindeutig auf persönliche Bedürfnisse zugeschnitten.',
    perishable: 'Kein Widerrufsrecht: schnell verderblich oder mit schnell überschrittenem Verfallsdatum.',
    periodical: 'Kein Widerrufsrecht: Zeitung, Zeitschrift oder Illustrierte.',
    sealed_hygiene: 'Widerrufsrecht nur bei unversehrter Versiegelung: aus Gründen des Gesundheitsschutzes oder der Hygiene versiegelt.',
    sealed_recording: 'Widerrufsrecht nur bei unversehrter Versiegelung: versiegelte Ton- oder Videoaufnahme oder Computersoftware.',
  },
};
