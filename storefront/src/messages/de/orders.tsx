import type { PurchaseTexts } from '../catalogue';

const REVIEWED = { order: 'Ihre Bestellung', refund: 'Ihre Erstattung', return: 'Ihre Rücksendung' };

export const orders: PurchaseTexts['orders'] = {
  order: 'Bestellung',
  number: (number) => `Bestellung ${number}`,
  loading: 'Ihre Bestellung wird geladen',
  notLoaded: 'Ihre Bestellung konnte nicht geladen werden',
  logInTitle: 'Bitte melden Sie sich an, um diese Bestellung zu sehen',
  logInText: 'Sie können auch den Link in Ihrer Bestellbestätigung verwenden.',
  notFound: 'Bestellung nicht gefunden',
  notFoundText: 'Bitte verwenden Sie den Link in Ihrer Bestellbestätigung oder melden Sie sich mit dem Konto an, mit dem Sie bestellt haben.',
  placedAt: (number, time) => `Bestellung ${number} vom ${time}`,
  thanks: (name) => `Vielen Dank, ${name}!`,
  confirmationSent: (email) => `Eine Bestätigung haben wir an ${email} geschickt.`,
  status: (status) => <>Status: {status}</>,
  progress: 'Fortschritt',
  details: 'Bestelldetails',
  refunded: (amount) => <>Erstattet: {amount}</>,
  chargedBack: (amount) => <>Von Ihrer Bank zurückgebucht: {amount}</>,
  deliverTo: 'Lieferadresse',
  deliveryTime: 'Lieferzeit',
  receipt: 'Beleg',
  invoice: 'Rechnung herunterladen (PDF)',
  orderAgain: 'Erneut bestellen',
  orderedAgain: (units) => `${units} in den Warenkorb gelegt.`,
  orderedAgainPartly: 'Einige Artikel konnten nicht in den Warenkorb gelegt werden.',

  statuses: {
    received: { title: 'Eingegangen', heading: 'Ihre Bestellung ist eingegangen.', text: 'Wir bereiten sie vor.' },
    confirmed: { title: 'Bestätigt', heading: 'Ihre Bestellung ist bestätigt.', text: 'Alles ist auf Lager und bezahlt. Wir packen Ihr Paket.' },
    shipped: { title: 'Unterwegs', heading: 'Ihre Bestellung ist unterwegs.', text: 'Der Paketdienst hat Ihr Paket übernommen.' },
    delivered: { title: 'Zugestellt', heading: 'Ihre Bestellung wurde zugestellt.', text: 'Wir wünschen Ihnen viel Freude damit.' },
    cancelling: {
      title: 'Wird storniert',
      heading: 'Ihre Bestellung wird storniert.',
      text: 'Wir stoppen den Versand und erstatten bereits geleistete Zahlungen.',
    },
    cancelled: { title: 'Storniert', heading: 'Ihre Bestellung wurde storniert.', text: 'Bereits geleistete Zahlungen werden erstattet.' },
    attention: {
      title: 'In Prüfung',
      heading: 'Wir prüfen Ihre Bestellung.',
      text: 'Sie müssen nichts tun. Wir schreiben Ihnen, sobald es Neuigkeiten gibt.',
    },
  },

  history: 'Verlauf',
  live: 'Wird automatisch aktualisiert',
  lost: 'Verbindung unterbrochen. Sie wird wiederhergestellt …',
  timeline: {
    placed: { title: 'Bestellt', text: () => 'Ihre Bestellung ist bei uns eingegangen.' },
    stock_committed: { title: 'Artikel reserviert', text: () => 'Ihre Artikel sind für Sie reserviert.' },
    awaiting_stock: {
      title: 'Warten auf Nachschub',
      text: ({ items }) => (items ? `Noch nicht wieder auf Lager: ${items}.` : 'Einige Artikel sind noch nicht wieder auf Lager.'),
    },
    captured: { title: 'Bezahlt', text: ({ amount }) => (amount ? `Wir haben ${amount} abgebucht.` : 'Ihre Zahlung wurde abgebucht.') },
    shipment_created: {
      title: 'In Vorbereitung',
      text: ({ trackingNumber }) => (trackingNumber ? `Ihre Sendungsnummer lautet ${trackingNumber}.` : 'Ihr Paket wird vorbereitet.'),
    },
    confirmed: { title: 'Bestätigt', text: () => 'Ihre Bestellung ist bestätigt.' },
    shipped: {
      title: 'Unterwegs',
      text: ({ trackingNumber }) =>
        (trackingNumber ? `Der Paketdienst hat Ihr Paket mit der Nummer ${trackingNumber} übernommen.` : 'Der Paketdienst hat Ihr Paket übernommen.'),
    },
    out_for_delivery: { title: 'In Zustellung', text: () => 'Ihr Paket wird heute zugestellt.' },
    delivered: { title: 'Zugestellt', text: () => 'Ihr Paket wurde zugestellt.' },
    cancellation_requested: { title: 'Stornierung beantragt', text: () => 'Wir stornieren die Bestellung.' },
    cancellation_failed: {
      title: 'Stornierung nicht möglich',
      text: () => 'Ihr Paket war schon unterwegs. Nach der Zustellung können Sie es zurücksenden.',
    },
    cancelled: { title: 'Storniert', text: () => 'Ihre Bestellung wurde storniert.' },
    refunded: {
      title: 'Erstattet',
      text: ({ amount, reason }) => withReason(amount ? `Wir haben ${amount} erstattet` : 'Ihre Zahlung wurde erstattet', reason),
    },
    refund_failed: { title: 'Erstattung fehlgeschlagen', text: () => 'Die Erstattung hat nicht geklappt. Wir kümmern uns darum.' },
    needs_attention: {
      title: 'In Prüfung',
      text: ({ subject }) => `Unser Team prüft ${REVIEWED[subject ?? 'order'] ?? REVIEWED.order}. Sie müssen nichts tun.`,
    },
    resumed: { title: 'Fortgesetzt', text: () => 'Wir bearbeiten Ihre Bestellung weiter.' },
    withdrawn: { title: 'Widerrufen', text: () => 'Sie haben den Vertrag widerrufen.' },
    return_requested: { title: 'Rücksendung angemeldet', text: () => 'Sie haben eine Rücksendung angemeldet.' },
    return_received: { title: 'Rücksendung eingetroffen', text: () => 'Ihre Rücksendung ist bei uns eingetroffen.' },
    return_rejected: {
      title: 'Rücksendung abgelehnt',
      text: ({ reason }) => withReason('Wir konnten Ihre Rücksendung nicht annehmen', reason),
    },
  },

  parcel: 'Paket',
  parcels: 'Pakete',
  shipmentStatuses: {
    announced: 'In Vorbereitung',
    packed: 'Gepackt',
    in_transit: 'Unterwegs',
    out_for_delivery: 'In Zustellung',
    delivered: 'Zugestellt',
    cancelled: 'Storniert',
  },
  expected: (date) => `Voraussichtlich am ${date}`,
  tracking: 'Sendungsverlauf',
  trackingNumber: (number) => `Sendungsnummer ${number}`,
  carrierAndNumber: (carrier, number) => `${carrier}, Sendungsnummer ${number}`,
  trackWith: (carrier) => `Bei ${carrier} verfolgen`,

  cancel: 'Bestellung stornieren',
  cancelQuestion: 'Die gesamte Bestellung stornieren?',
  cancelText: 'Wir stoppen den Versand und erstatten Ihre Zahlung.',
  reason: 'Grund',
  cancelYes: 'Ja, Bestellung stornieren',
  cancelNo: 'Bestellung behalten',
  cancelling: 'Ihre Bestellung wird storniert',

  returns: 'Rücksendungen',
  returnOffer: 'Gefällt Ihnen etwas nicht? Schicken Sie es zurück, wir erstatten Ihnen den Preis.',
  returnItems: 'Artikel zurücksenden',
  returnRequested: 'Die Rücksendung ist angemeldet',
  returnNumber: (number) => `Rücksendung ${number}`,
  returnStatuses: {
    requested: { title: 'Angemeldet', text: 'Bitte schicken Sie die Artikel an uns zurück. Wir schreiben Ihnen, sobald sie eintreffen.' },
    received: { title: 'Eingetroffen', text: 'Ihre Rücksendung ist eingetroffen, die Erstattung läuft.' },
    refunded: { title: 'Abgeschlossen', text: 'Ihre Rücksendung ist abgeschlossen.' },
    rejected: { title: 'Abgelehnt', text: 'Wir können diese Rücksendung nicht annehmen.' },
    attention: { title: 'In Prüfung', text: 'Ihre Rücksendung ist eingetroffen und wird geprüft. Sie müssen nichts tun.' },
  },
  accepted: (items) => `Angenommen: ${items}`,
  acceptedNone: 'Angenommen: keiner der Artikel',
  refund: (amount) => <>Erstattung: {amount}</>,
  requestedAt: (time, reason) => `Angemeldet am ${time}. Grund: ${reason}`,
  itemsToReturn: 'Artikel für die Rücksendung',
  upTo: (left) => (left === 1 ? `${left} Stück` : `bis zu ${left} Stück`),
  quantityToReturn: (title) => `Menge von ${title} für die Rücksendung`,
  returnReason: 'Grund der Rücksendung',
  returnReasonHint: 'Zum Beispiel: zu klein, nicht wie beschrieben, beschädigt.',
  requestReturn: 'Rücksendung anmelden',
  noReturnItems: 'Bitte wählen Sie mindestens einen Artikel aus.',
  noReturnReason: 'Bitte geben Sie einen Grund für die Rücksendung an.',
};

function withReason(sentence: string, reason: string | undefined): string {
  if (!reason) return `${sentence}.`;
  return `${sentence}: ${reason}${/[.!?]$/.test(reason) ? '' : '.'}`;
}
