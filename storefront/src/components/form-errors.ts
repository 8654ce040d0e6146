import { ApiError, messageOf } from '../api/problem';
import type { FieldError } from './Field';

/** Fields whose name in the API is not how people call them. */
const NAMES: Readonly<Record<string, string>> = {
  line1: 'Street and number',
  line2: 'Flat, floor, company',
  city: 'Town or city',
  current: 'Current password',
  new: 'New password',
  cvc: 'Security code',
};

/** The server says what is wrong as the rest of a sentence ("is too long") whose subject is the field. */
function sentence(pointer: string, detail: string): string {
  if (!/^\p{Ll}/u.test(detail)) return detail;
  const field = pointer.slice(pointer.lastIndexOf('/') + 1);
  const name = NAMES[field] ?? field.replaceAll('_', ' ').replace(/^./u, (letter) => letter.toUpperCase());
  return `${name} ${detail}${/[.!?]$/.test(detail) ? '' : '.'}`;
}

/** The server's field errors, led to the fields of this form by their JSON pointers. */
export function errorsOf(error: unknown, fields: Readonly<Record<string, string>>): FieldError[] {
  if (error instanceof ApiError && error.body.errors?.length) {
    return error.body.errors.map(({ pointer, detail }) => ({ field: fields[pointer], message: sentence(pointer, detail) }));
  }
  return [{ message: messageOf(error) }];
}
