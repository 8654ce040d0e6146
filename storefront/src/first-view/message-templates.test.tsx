import type { ReactNode } from 'react';
import { expect, it } from 'vitest';
import { pluralOf } from '../messages/plural';
import { templatesOf } from './message-templates';

const plural = pluralOf('en');

it('writes a placeholder for each value and both forms of a plural', () => {
  const messages = {
    title: 'Products',
    count: (count: number, text: string) => plural(count, { one: `${text} product`, other: `${text} products of ${count}` }),
    nested: { corrected: (query: ReactNode) => <>{"Didn't find"} {query}.</> },
  };
  expect(templatesOf(messages, 1)).toEqual({
    title: 'Products',
    count: { one: '{1} product', other: '{1} products of {0}' },
    nested: { corrected: { one: "Didn't find {0}.", other: "Didn't find {0}." } },
  });
});
