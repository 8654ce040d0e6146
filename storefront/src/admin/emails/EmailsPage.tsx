import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useShop } from '../../api/catalogue';
import { Failure, Loading, Skeleton } from '../../components/States';
import { useToasts } from '../../components/Toasts';
import { languageOf } from '../../messages/language';
import type { EmailTexts } from '../api/types';
import { Page } from '../components/Page';
import { problemText } from '../messages/problems';
import { EmailsEditor } from './EmailsEditor';

/** Loads the wording of emails for the editor. */
export default function EmailsPage() {
  const { data: shop } = useShop();
  const { notify } = useToasts();
  const [reloads, setReloads] = useState(0);
  // A refresh must not replace what was typed: the version tells when somebody else has saved.
  const texts = useQuery<EmailTexts>({ queryKey: ['/api/v1/email-texts', 'editor'], staleTime: Infinity, gcTime: 0 });
  const reload = async () => {
    const { isSuccess, error } = await texts.refetch();
    if (isSuccess) setReloads(reloads + 1);
    else notify({ kind: 'problem', text: problemText(error) });
  };
  return (
    <Page title="Emails" description="What your shop writes to customers.">
      {texts.data && shop && <EmailsEditor key={reloads} stored={texts.data} shopLanguage={languageOf(shop.locale) ?? 'en'} onReload={() => void reload()} />}
      {texts.isPending && <Loading label="Loading the emails"><Skeleton height="30rem" /></Loading>}
      {texts.isError && !texts.data && <Failure error={texts.error} onRetry={() => void texts.refetch()} title="The emails couldn't be loaded" />}
    </Page>
  );
}
