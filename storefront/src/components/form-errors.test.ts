import { expect, it } from 'vitest';
import { ApiError, NoAnswerError } from '../api/problem';
import { errorsOf } from './form-errors';

function invalid(errors: { pointer: string; detail: string }[]): ApiError {
  return new ApiError({ type: 'urn:shopstack:problem:invalid-input', title: 'Invalid input', status: 422, errors });
}

it('makes sentences and leads them to their fields', () => {
  const errors = errorsOf(invalid([
    { pointer: '/address/postal_code', detail: 'is too long' },
    { pointer: '/address/line1', detail: 'must not be empty.' },
    { pointer: '/elsewhere', detail: 'This is a sentence already.' },
  ]), { '/address/postal_code': 'zip', '/address/line1': 'street' });
  expect(errors).toEqual([
    { field: 'zip', message: 'Postal code is too long.' },
    { field: 'street', message: 'Street and number must not be empty.' },
    { field: undefined, message: 'This is a sentence already.' },
  ]);
});

it('has a message for what is about no field', () => {
  expect(errorsOf(new NoAnswerError('x'), {})[0]?.message).toMatch(/did not answer/);
  expect(errorsOf(new TypeError('secret'), {})[0]?.message).not.toMatch(/secret/);
});
