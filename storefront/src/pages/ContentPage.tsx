import { isStatus } from '../api/problem';
import { useContentPage } from '../api/storefront';
import { Failure, Loading, Skeleton } from '../components/States';
import { useMerchantLang, useMerchantText } from '../messages/merchant-text';
import { useMessages } from '../messages/messages';
import { useParams } from '../router/hooks';
import { usePageTitle } from '../shell/page-title';
import styles from './ContentPage.module.css';
import { NotFound } from './NotFoundPage';

/** A page that the merchant wrote, such as the imprint. */
export default function ContentPage() {
  const t = useMessages();
  const { handle = '' } = useParams();
  const page = useContentPage(handle);
  const textOf = useMerchantText();
  const langOf = useMerchantLang();
  const text = page.data && textOf(page.data.texts);
  const isUnknown = isStatus(page.error, 404) || isStatus(page.error, 410) || (page.data && !text);
  usePageTitle(text?.title ?? (isUnknown ? t.shell.notFound.page : page.isError ? undefined : null));

  if (isUnknown) return <div className="page"><NotFound what="page" /></div>;
  if (text) {
    return (
      <article className={`page ${styles.page}`} lang={langOf(page.data.texts)}>
        <h1>{text.title}</h1>
        {/* Safe: the server sanitises pages when a merchant saves them. */}
        <div className={styles.body} dangerouslySetInnerHTML={{ __html: text.body_html }} />
      </article>
    );
  }
  if (page.isError) return <div className="page"><Failure error={page.error} onRetry={() => void page.refetch()} /></div>;
  return (
    <div className={`page ${styles.page}`}>
      <Loading label={t.common.loading}>
        <Skeleton width="60%" height="2.5rem" />
        <Skeleton height="30rem" style={{ maxWidth: '42rem', marginTop: '2rem' }} />
      </Loading>
    </div>
  );
}
