import { expect, it } from 'vitest';
import { ApiError, NoResponseError } from '../api/problem';
import de from '../messages/de';
import t from '../messages/en';
import { errorsOf } from './form-errors';

function invalid(errors: { pointer: string; detail: string }[]): ApiError {
  return new ApiError({ type: 'urn:shopstack:problem:invalid-input', title: 'Invalid input', status: 422, errors });
}

it('completes sentences and maps them to their fields', () => {
  const errors = errorsOf(invalid([
    { pointer: '/address/postal_code', detail: 'is too long' },
    { pointer: '/address/line1', detail: 'must not be empty.' },
    { pointer: '/elsewhere', detail: 'This is a sentence already.' },
  ]), { '/address/postal_code': 'zip', '/address/line1': 'street' }, t);
  expect(errors).toEqual([
    { field: 'zip', message: 'Postal code is too long.' },
    { field: 'street', message: 'Street address must not be empty.' },
    { field: undefined, message: 'This is a sentence already.' },
  ]);
});

it('has a message for errors without a field', () => {
  expect(errorsOf(new NoResponseError('x'), {}, t)[0]?.message).toMatch(/couldn't reach/);
  expect(errorsOf(new TypeError('secret'), {}, t)[0]?.message).not.toMatch(/secret/);
});

it('names the field in other languages, since the server writes in English', () => {
  const error = invalid([{ pointer: '/address/postal_code', detail: 'is too long' }, { pointer: '/new', detail: 'This password is too common.' }]);
  expect(errorsOf(error, {}, de).map(({ message }) => message)).toEqual([
    'Bitte prüfen Sie das Feld „Postleitzahl“.',
    'Dieses Passwort ist zu leicht zu erraten. Bitte wählen Sie ein anderes.',
  ]);
  expect(errorsOf(new ApiError({ type: 'urn:shopstack:problem:out-of-stock', title: 'Not enough stock', status: 409 }), {}, de)[0]?.message).toMatch(/auf Lager/);
});
