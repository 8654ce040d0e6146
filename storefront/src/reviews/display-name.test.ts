import { expect, it } from 'vitest';
import { displayName } from './display-name';

it('proposes the first name with an initial', () => {
  expect(displayName('Greta Holm')).toBe('Greta H.');
  expect(displayName(' Maria  del Carmen Ångström ')).toBe('Maria Å.');
  expect(displayName('Cher')).toBe('Cher');
  expect(displayName('')).toBe('');
});
