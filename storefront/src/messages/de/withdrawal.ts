import type { PurchaseTexts } from '../catalogue';

export const withdrawal: PurchaseTexts['withdrawal'] = {
  title: 'Widerrufsrecht',
  text: 'Sie können den Vertrag ohne Angabe von Gründen widerrufen.',
  until: (time) => `Sie können bis ${time} widerrufen.`,
  withdraw: 'Vertrag widerrufen',
  formTitle: 'Widerruf',
  orderNumber: 'Bestellnummer',
  receiptTo: 'Eingangsbestätigung an',
  scope: 'Was möchten Sie widerrufen?',
  whole: 'Die gesamte Bestellung',
  rest: 'Alle hier aufgeführten Artikel',
  some: 'Nur einzelne Artikel',
  quantityOf: (title) => `Menge von ${title} für den Widerruf`,
  noItems: 'Bitte wählen Sie mindestens einen Artikel aus.',
  next: 'Weiter',
  confirmTitle: 'Bitte bestätigen Sie Ihren Widerruf',
  declaration: (number) => `Ich widerrufe den Vertrag über diese Artikel der Bestellung ${number}:`,
  confirm: 'Widerruf bestätigen',
  back: 'Zurück',
  done: (email) => `Ihr Widerruf ist eingegangen. Eine Eingangsbestätigung mit Datum und Uhrzeit haben wir an ${email} geschickt.`,

  returns: 'Rücksendungen und Widerrufe',
  number: (number) => `Widerruf ${number}`,
  declaredAt: (time) => `Erklärt am ${time}`,
  statuses: {
    requested: { title: 'Erklärt', text: 'Falls Sie diese Artikel haben, senden Sie sie bitte innerhalb von 14 Tagen an uns zurück.' },
    received: { title: 'Eingetroffen', text: 'Die Artikel sind bei uns eingetroffen, die Erstattung läuft.' },
    refunded: { title: 'Abgeschlossen', text: 'Ihr Widerruf ist abgeschlossen.' },
    rejected: { title: 'Abgelehnt', text: 'Wir können diesen Widerruf nicht annehmen.' },
    attention: { title: 'In Prüfung', text: 'Wir prüfen Ihren Widerruf. Sie müssen nichts tun.' },
  },
};
