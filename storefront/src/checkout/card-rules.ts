import type { CardFields } from '../api/types';
import type { FieldError } from '../components/Field';

/** Card fields as text, while they are being typed. */
export type CardText = { [Name in keyof CardFields]: string };

/** Converts a checked card to the gateway's format. */
export function cardFields(card: CardText): CardFields {
  return {
    card_holder_name: card.card_holder_name.trim(),
    card_number: cardDigits(card.card_number),
    expiry_month: Number(card.expiry_month),
    expiry_year: Number(card.expiry_year),
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
export function checkCard(card: CardText, now: Date): FieldError[] {
  const errors: FieldError[] = [];
  if (card.card_holder_name.trim() === '') errors.push({ field: 'card-name', message: 'Enter the name on the card.' });
  if (!/^\d{12,19}$/.test(cardDigits(card.card_number))) errors.push({ field: 'card-number', message: 'Enter the full card number.' });
  const month = /^\d{1,2}$/.test(card.expiry_month) ? Number(card.expiry_month) : 0;
  if (month < 1 || month > 12) errors.push({ field: 'card-month', message: 'Enter a month from 01 to 12.' });
  if (!/^20\d\d$/.test(card.expiry_year)) errors.push({ field: 'card-year', message: 'Enter the year in four digits.' });
  else if (month >= 1 && month <= 12 && new Date(Number(card.expiry_year), month, 1) <= now) {
    errors.push({ field: 'card-year', message: 'This card has expired.' });
  }
  if (!/^\d{3,4}$/.test(card.cvc)) errors.push({ field: 'card-cvc', message: 'Enter the 3- or 4-digit security code.' });
  return errors;
}
