import { ApiError, messageOf } from '../api/problem';
import type { FieldError } from './Field';

/** Labels of the fields whose API name would not be understood. */
const NAMES: Readonly<Record<string, string>> = {
  line1: 'Street address',
  line2: 'Apartment, floor, company',
  city: 'Town or city',
  current: 'Current password',
  new: 'New password',
  cvc: 'Security code',
};

/** Completes the server's message: it may be a predicate ("is too long") whose subject is the field. */
function sentence(pointer: string, detail: string): string {
  if (!/^\p{Ll}/u.test(detail)) return detail;
  const field = pointer.slice(pointer.lastIndexOf('/') + 1);
  const name = NAMES[field] ?? field.replaceAll('_', ' ').replace(/^./u, (letter) => letter.toUpperCase());
  return `${name} ${detail}${/[.!?]$/.test(detail) ? '' : '.'}`;
}

/** Maps the server's field errors to the fields of a form by their JSON pointers. */
export function errorsOf(error: unknown, fields: Readonly<Record<string, string>>): FieldError[] {
  if (error instanceof ApiError && error.body.errors?.length) {
    return error.body.errors.map(({ pointer, detail }) => ({ field: fields[pointer], message: sentence(pointer, detail) }));
  }
  return [{ message: messageOf(error) }];
}
