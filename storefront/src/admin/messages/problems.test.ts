import { beforeAll, expect, it } from 'vitest';
import { ApiError, NoResponseError } from '../../api/problem';
import { openLanguage } from '../../messages/store';
import { formErrors, problemText } from './problems';

beforeAll(async () => {
  await openLanguage('en');
});

it('completes sentences and maps them to their fields', () => {
  const error = new ApiError({
    type: 'urn:shopstack:problem:invalid-input', title: 'Invalid input', status: 422,
    errors: [{ pointer: '/tracking_url', detail: 'must be a web address' }, { pointer: '/x', detail: 'This is a sentence already.' }],
  });
  expect(formErrors(error, { '/tracking_url': 'link' })).toEqual([
    { field: 'link', message: 'Tracking link must be a web address.' },
    { field: undefined, message: 'This is a sentence already.' },
  ]);
  expect(formErrors(error, (pointer) => pointer.slice(1))[1]?.field).toBe('x');
});

it('has a message for every error', () => {
  expect(problemText(new NoResponseError('x'))).toMatch(/couldn't reach/);
  expect(problemText(new ApiError({ type: 'about:blank', title: '', status: 502 }))).toMatch(/technical problem/);
  expect(problemText(new TypeError('secret'))).not.toMatch(/secret/);
});
