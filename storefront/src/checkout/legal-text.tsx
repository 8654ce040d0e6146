import type { ReactNode } from 'react';
import type { LegalPage } from '../api/types';
import type { PurchaseTexts } from '../messages/catalogue';

type LinkTo = (legal: LegalPage, text: string) => ReactNode;

/** Returns the sentences about the legal pages. `link` returns null for a page that the shop does not have. */
export function legalText(texts: PurchaseTexts['checkout'], link: LinkTo): ReactNode {
  const terms = link('terms', texts.terms);
  const privacy = link('privacy', texts.privacy);
  const withdrawal = link('withdrawal', texts.withdrawal);
  const single = privacy ?? withdrawal;
  const also = privacy && withdrawal ? texts.seeBoth(privacy, withdrawal) : single && texts.seeAlso(single);
  if (!terms) return also;
  return also ? <>{texts.agree(terms)} {also}</> : texts.agree(terms);
}
