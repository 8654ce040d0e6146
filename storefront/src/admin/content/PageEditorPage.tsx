import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useShop } from '../../api/catalogue';
import { isStatus } from '../../api/problem';
import { contentPagePath } from '../../api/storefront';
import type { ContentPage } from '../../api/types';
import { Empty, Failure, Loading, Skeleton } from '../../components/States';
import { useToasts } from '../../components/Toasts';
import { languageOf } from '../../messages/language';
import { useParams } from '../../router/hooks';
import { Page } from '../components/Page';
import { problemText } from '../messages/problems';
import { legalPageOf } from './page-form';
import { PageEditor } from './PageEditor';

const BACK = { to: '/pages', label: 'Pages' };

/** Loads a page for the editor, or starts a new one. A legal page that does not exist is started under its own address. */
export default function PageEditorPage() {
  const { handle } = useParams();
  const { data: shop } = useShop();
  const { notify } = useToasts();
  const [reloads, setReloads] = useState(0);
  const page = useQuery<ContentPage>({
    queryKey: [contentPagePath(handle ?? '')],
    enabled: handle !== undefined,
    // A refresh must not replace what was typed: the version tells when somebody else has saved.
    staleTime: Infinity,
    gcTime: 0,
  });
  const reload = async () => {
    const { isSuccess, error } = await page.refetch();
    if (isSuccess) setReloads(reloads + 1);
    else notify({ kind: 'problem', text: problemText(error) });
  };
  if (!shop || (handle !== undefined && page.isPending)) {
    return <Page title={handle ? 'Page' : 'New page'} back={BACK}><Loading label="Loading the page"><Skeleton height="40rem" /></Loading></Page>;
  }
  const isUnknown = isStatus(page.error, 404) && !page.data;
  if (handle === undefined || page.data || (isUnknown && legalPageOf(handle))) {
    return (
      <PageEditor
        key={`${handle ?? ''} ${reloads}`}
        handle={handle ?? ''}
        before={page.data ?? null}
        shopLanguage={languageOf(shop.locale) ?? 'en'}
        onReload={() => void reload()}
      />
    );
  }
  return (
    <Page title="Page" back={BACK}>
      {isUnknown
        ? <Empty title="Page not found"><p>It may have been deleted.</p></Empty>
        : <Failure error={page.error} onRetry={() => void page.refetch()} title="The page couldn't be loaded" />}
    </Page>
  );
}
