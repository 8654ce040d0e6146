import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it } from 'vitest';
import type { LegalPage } from '../api/types';
import { checkout } from '../messages/en/checkout';
import { legalText } from './legal-text';

/** Returns the text of a shop with these pages. */
function textOf(...pages: LegalPage[]): string {
  return renderToStaticMarkup(<>{legalText(checkout, (legal, text) => (pages.includes(legal) ? text : null))}</>);
}

it('names the pages that exist', () => {
  expect(textOf('terms', 'privacy', 'withdrawal')).toBe('By placing your order you agree to our Terms and Conditions. See also Privacy Policy and Right of Withdrawal.');
  expect(textOf('imprint', 'terms')).toBe('By placing your order you agree to our Terms and Conditions.');
  expect(textOf('privacy')).toBe('See also Privacy Policy.');
  expect(textOf('terms', 'withdrawal')).toBe('By placing your order you agree to our Terms and Conditions. See also Right of Withdrawal.');
  expect(textOf('imprint')).toBe('');
});
