import type { CardFields } from '../api/types';
import type { FieldError } from '../components/Field';
import type { PurchaseMessages } from '../messages/catalogue';

/** Card fields as text, while they are being typed. */
export interface CardText {
  card_holder_name: string;
  card_number: string;
  /** Month and year as printed on the card, such as 03/30. */
  expiry: string;
  cvc: string;
}

interface Expiry {
  month: number;
  year: number;
}

/** Reads a date such as 03/30, 3/2030 or 0330; null if it is incomplete. */
export function parseExpiry(text: string): Expiry | null {
  const match = /^\s*(\d{1,2})\s*[/.\- ]\s*(\d{4}|\d{2})\s*$/.exec(text) ?? /^\s*(\d{2})(\d{4}|\d{2})\s*$/.exec(text);
  if (!match) return null;
  const [month, year] = [Number(match[1]), Number(match[2])];
  // Cards are valid for a few years, so two digits are a year of this century.
  return { month, year: year < 100 ? 2000 + year : year };
}

/** Adds the slash while the date is typed, but never when something is deleted. */
export function formatExpiry(text: string, before: string): string {
  const typed = text.replaceAll(/[^\d/.\- ]/g, '').slice(0, 9);
  if (text.length <= before.length) return typed;
  if (/^[2-9]$/.test(typed)) return `0${typed}/`;
  return /^\d{2}$/.test(typed) ? `${typed}/` : typed;
}

/** Converts a checked card to the gateway's format. */
export function cardFields(card: CardText): CardFields {
  const expiry = parseExpiry(card.expiry);
  return {
    card_holder_name: card.card_holder_name.trim(),
    card_number: cardDigits(card.card_number),
    expiry_month: expiry?.month ?? 0,
    expiry_year: expiry?.year ?? 0,
    cvc: card.cvc,
  };
}

export function cardDigits(text: string): string {
  return text.replaceAll(/\D/g, '');
}

/** Groups the digits in fours, as on the card. */
export function groupDigits(text: string): string {
  return cardDigits(text).slice(0, 19).replaceAll(/(\d{4})(?=\d)/g, '$1 ');
}

/** Finds typing errors. The bank decides about everything else. */
export function checkCard(card: CardText, now: Date, { payment }: PurchaseMessages): FieldError[] {
  const errors: FieldError[] = [];
  if (card.card_holder_name.trim() === '') errors.push({ field: 'card-name', message: payment.noCardName });
  if (!/^\d{12,19}$/.test(cardDigits(card.card_number))) errors.push({ field: 'card-number', message: payment.noCardNumber });
  const expiry = parseExpiry(card.expiry);
  if (!expiry || expiry.month < 1 || expiry.month > 12) {
    errors.push({ field: 'card-expiry', message: payment.noCardExpiry });
  } else if (new Date(expiry.year, expiry.month, 1) <= now) {
    errors.push({ field: 'card-expiry', message: payment.cardExpired });
  }
  if (!/^\d{3,4}$/.test(card.cvc)) errors.push({ field: 'card-cvc', message: payment.noCardCode });
  return errors;
}
