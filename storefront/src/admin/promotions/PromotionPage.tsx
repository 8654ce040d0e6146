import { useQuery } from '@tanstack/react-query';
import { useShop } from '../../api/catalogue';
import { Empty, Failure, Loading, Skeleton } from '../../components/States';
import { useParams } from '../../router/hooks';
import type { Promotion } from '../api/types';
import { Page } from '../components/Page';
import { findPromotion } from './find-promotion';
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
  if (code === undefined) return <PromotionEditor key="new" stored={null} currency={shop.currency} />;
  if (promotion.data) return <PromotionEditor key={code} stored={promotion.data} currency={shop.currency} />;
  return (
    <Page title={code} back={BACK}>
      {promotion.isError
        ? <Failure error={promotion.error} onRetry={() => void promotion.refetch()} title="The promotion couldn't be loaded" />
        : <Empty title="There is no such promotion" />}
    </Page>
  );
}
