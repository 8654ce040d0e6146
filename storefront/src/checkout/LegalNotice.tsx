import { pathOfPage, useStorefront } from '../api/storefront';
import type { LegalPage } from '../api/types';
import { NewTabLink } from '../components/NewTabLink';
import { usePurchaseMessages } from '../messages/messages';
import styles from './Form.module.css';
import { legalText } from './legal-text';

/** Says on what terms the order is placed. It names the pages that the shop has. */
export function LegalNotice() {
  const { checkout } = usePurchaseMessages();
  const { data: storefront } = useStorefront();
  const link = (legal: LegalPage, text: string) => {
    const page = storefront?.pages.find((one) => one.legal === legal);
    return page ? <NewTabLink to={pathOfPage(page.handle)}>{text}</NewTabLink> : null;
  };
  const text = legalText(checkout, link);
  return text && <p className={styles.hint}>{text}</p>;
}
