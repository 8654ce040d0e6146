import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useShop } from '../../api/catalogue';
import { Failure, Loading, Skeleton } from '../../components/States';
import type { Zones } from '../api/types';
import { Page } from '../components/Page';
import { WarehouseForm } from './WarehouseForm';
import { ZonesEditor } from './ZonesEditor';

export default function ShippingPage() {
  const { data: shop } = useShop();
  const [reloads, setReloads] = useState(0);
  const zones = useQuery<Zones>({ queryKey: ['/api/v1/shipping/zones'], staleTime: Infinity, gcTime: 0 });
  return (
    <Page title="Shipping" description="The first zone that contains the destination decides on the price and time of a delivery.">
      <WarehouseForm />
      {zones.data && shop && (
        <ZonesEditor key={reloads} stored={zones.data} currency={shop.currency} onReload={() => void zones.refetch().then(() => setReloads(reloads + 1))} />
      )}
      {zones.isPending && <Loading label="Loading shipping zones"><Skeleton height="30rem" /></Loading>}
      {zones.isError && !zones.data && <Failure error={zones.error} onRetry={() => void zones.refetch()} title="The shipping zones couldn't be loaded" />}
    </Page>
  );
}
