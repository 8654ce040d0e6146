import { expect, it } from 'vitest';
import { ApiError, NoResponseError } from '../api/problem';
import { errorsOf } from './form-errors';

function invalid(errors: { pointer: string; detail: string }[]): ApiError {
  return new ApiError({ type: 'urn:shopstack:problem:invalid-input', title: 'Invalid input', status: 422, errors });
}

it('completes sentences and maps them to their fields', () => {
  const errors = errorsOf(invalid([
    { pointer: '/address/postal_code', detail: 'is too long' },
    { pointer: '/address/line1', detail: 'must not be empty.' },
    { pointer: '/elsewhere', detail: 'This is a sentence already.' },
  ]), { '/address/postal_code': 'zip', '/address/line1': 'street' });
  expect(errors).toEqual([
    { field: 'zip', message: 'Postal code is too long.' },
    { field: 'street', message: 'Street address must not be empty.' },
    { field: undefined, message: 'This is a sentence already.' },
  ]);
});

it('has a message for errors without a field', () => {
  expect(errorsOf(new NoResponseError('x'), {})[0]?.message).toMatch(/couldn't reach/);
  expect(errorsOf(new TypeError('secret'), {})[0]?.message).not.toMatch(/secret/);
});
