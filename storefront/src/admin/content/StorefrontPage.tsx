import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useShop } from '../../api/catalogue';
import { STOREFRONT_KEY } from '../../api/storefront';
import type { Storefront } from '../../api/types';
import { Failure, Loading, Skeleton } from '../../components/States';
import { useToasts } from '../../components/Toasts';
import { languageOf } from '../../messages/language';
import { Page } from '../components/Page';
import { problemText } from '../messages/problems';
import { StorefrontEditor } from './StorefrontEditor';

/** Loads the storefront for the editor. */
export default function StorefrontPage() {
  const { data: shop } = useShop();
  const { notify } = useToasts();
  const [reloads, setReloads] = useState(0);
  // Other pages have the storefront too, as it was when they loaded it. The editor begins with the current version.
  const storefront = useQuery<Storefront>({ queryKey: [...STOREFRONT_KEY, 'editor'], staleTime: Infinity, gcTime: 0 });
  const reload = async () => {
    const { isSuccess, error } = await storefront.refetch();
    if (isSuccess) setReloads(reloads + 1);
    else notify({ kind: 'problem', text: problemText(error) });
  };
  return (
    <Page title="Storefront" description="The looks and menus of your shop.">
      {storefront.data && shop && (
        <StorefrontEditor key={reloads} stored={storefront.data} shopLanguage={languageOf(shop.locale) ?? 'en'} onReload={() => void reload()} />
      )}
      {storefront.isPending && <Loading label="Loading the storefront"><Skeleton height="40rem" /></Loading>}
      {storefront.isError && !storefront.data && <Failure error={storefront.error} onRetry={() => void storefront.refetch()} title="The storefront couldn't be loaded" />}
    </Page>
  );
}
