import { expect, it } from 'vitest';
import { authorText } from './author';

it('names the author of what was done', () => {
  expect(authorText('account:01a22d58', '01a22d58')).toBe('you');
  expect(authorText('account:01a22d58', undefined)).toBe('a colleague');
  expect(authorText('api-key:01a22d58', '01a22d58')).toBe('a program with an API key');
});
