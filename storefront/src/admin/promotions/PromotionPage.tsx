import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { useShop } from '../../api/catalogue';
import { api } from '../../api/client';
import { apiPath } from '../../api/path';
import type { Page as ListPage } from '../../api/types';
import { Empty, Failure, Loading, Skeleton } from '../../components/States';
import type { Promotion } from '../api/types';
import { Page } from '../components/Page';
import { emptyPromotion, promotionForm } from './promotion-form';
import { PromotionEditor } from './PromotionEditor';

const BACK = { to: '/promotions', label: 'Promotions' };

export default function PromotionPage() {
  const { code } = useParams();
  const { data: shop } = useShop();
  const promotion = useQuery<Promotion | null>({
    queryKey: ['/api/v1/promotions', code],
    queryFn: ({ signal }) => findPromotion(code ?? '', signal),
    enabled: code !== undefined,
    staleTime: Infinity,
    gcTime: 0,
  });
  if (!shop || (code !== undefined && promotion.isPending)) {
    return <Page title={code ?? 'New promotion'} back={BACK}><Loading label="Loading the promotion"><Skeleton height="30rem" /></Loading></Page>;
  }
  if (code === undefined) return <PromotionEditor key="new" initial={emptyPromotion()} currency={shop.currency} isNew />;
  if (promotion.data) return <PromotionEditor key={code} initial={promotionForm(promotion.data)} currency={shop.currency} isNew={false} />;
  return (
    <Page title={code} back={BACK}>
      {promotion.isError
        ? <Failure error={promotion.error} onRetry={() => void promotion.refetch()} title="The promotion couldn't be loaded" />
        : <Empty title="There is no such promotion" />}
    </Page>
  );
}

/** The API lists promotions, but has no operation for a single one. */
async function findPromotion(code: string, signal: AbortSignal): Promise<Promotion | null> {
  let cursor: string | null | undefined = null;
  do {
    const page: ListPage<Promotion> = await api.get(apiPath('/api/v1/promotions', { cursor, limit: 100 }), { signal, as: 'account' });
    const found = page.items.find((one) => one.code === code);
    if (found) return found;
    cursor = page.next_cursor;
  } while (cursor);
  return null;
}
