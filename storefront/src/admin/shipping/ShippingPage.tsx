import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useShop } from '../../api/catalogue';
import { Failure, Loading, Skeleton } from '../../components/States';
import { useToasts } from '../../components/Toasts';
import type { Zones } from '../api/types';
import { Page } from '../components/Page';
import { problemText } from '../messages/problems';
import { WarehouseForm } from './WarehouseForm';
import { ZonesEditor } from './ZonesEditor';

export default function ShippingPage() {
  const { data: shop } = useShop();
  const { notify } = useToasts();
  const [reloads, setReloads] = useState(0);
  const zones = useQuery<Zones>({ queryKey: ['/api/v1/shipping/zones'], staleTime: Infinity, gcTime: 0 });
  const reload = async () => {
    const { isSuccess, error } = await zones.refetch();
    if (isSuccess) setReloads(reloads + 1);
    else notify({ kind: 'problem', text: problemText(error) });
  };
  return (
    <Page title="Shipping" description="The first zone that contains the destination decides on the price and time of a delivery.">
      <WarehouseForm />
      {zones.data && shop && (
        <ZonesEditor key={reloads} stored={zones.data} currency={shop.currency} onReload={() => void reload()} />
      )}
      {zones.isPending && <Loading label="Loading shipping zones"><Skeleton height="30rem" /></Loading>}
      {zones.isError && !zones.data && <Failure error={zones.error} onRetry={() => void zones.refetch()} title="The shipping zones couldn't be loaded" />}
    </Page>
  );
}
