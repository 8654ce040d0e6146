import { pathOfPage, useLegalPage } from '../api/storefront';
import { NewTabLink } from '../components/NewTabLink';
import { usePurchaseMessages } from '../messages/messages';

/** Leads to the page that explains the right of withdrawal, in a new tab: the form may be open. */
export function WithdrawalPageLink() {
  const t = usePurchaseMessages();
  const page = useLegalPage('withdrawal');
  return page ? <p><NewTabLink to={pathOfPage(page.handle)}>{t.withdrawal.about}</NewTabLink></p> : null;
}
