import { useStorefront } from '../api/storefront';
import { useMerchantLang, useMerchantText } from '../messages/merchant-text';
import { useMessages } from '../messages/messages';
import styles from './Form.module.css';

/** Shows the notice on the legal guarantee of conformity, which consumers in the European Union must see before they order. */
export function LegalGuarantee() {
  const { common } = useMessages();
  const { data: storefront } = useStorefront();
  const notices = storefront?.legal_guarantee ?? {};
  const notice = useMerchantText()(notices);
  const lang = useMerchantLang()(notices);
  if (!notice) return null;
  // The design is fixed by law, so it is shown as it is, on white in both themes.
  return (
    <a href={notice.url} target="_blank" rel="noopener" className={styles.guarantee}>
      <img src={notice.url} alt={notice.alt} lang={lang} /><span className="visually-hidden"> {common.newTab}</span>
    </a>
  );
}
