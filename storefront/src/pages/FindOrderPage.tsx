import { usePurchaseMessages } from '../messages/messages';
import { FindOrder } from '../orders/FindOrder';
import { usePageTitle } from '../shell/page-title';
import styles from './SignInPages.module.css';

export default function FindOrderPage() {
  const t = usePurchaseMessages();
  usePageTitle();
  return (
    <div className={`page ${styles.page}`}>
      <h1>{t.shell.titles['/orders/find']}</h1>
      <FindOrder />
    </div>
  );
}
