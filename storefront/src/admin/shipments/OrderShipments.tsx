import type { Order } from '../../api/types';
import { Failure, Loading, Skeleton } from '../../components/States';
import { useOrderShipments } from '../api/orders';
import { Card } from '../components/Page';
import { ShipmentCard } from './ShipmentCard';

interface OrderShipmentsProps {
  orderId: string;
  /** The lines of the order; empty for people who may not see them, and items then have their SKU only. */
  lines: Order['lines'];
  cancelled?: boolean;
}

/** The shipments of an order, with what can be done with each. */
export function OrderShipments({ orderId, lines, cancelled = false }: OrderShipmentsProps) {
  const shipments = useOrderShipments(orderId);
  const all = shipments.data?.items;
  return (
    <Card title="Shipments">
      {shipments.isPending && <Loading label="Loading shipments"><Skeleton height="8rem" /></Loading>}
      {shipments.isError && !all && <Failure error={shipments.error} onRetry={() => void shipments.refetch()} title="The shipments couldn't be loaded" />}
      {all?.length === 0 && <p>{cancelled ? 'Nothing was shipped.' : 'The shipment is created once the items are in stock and paid for.'}</p>}
      {all?.map((shipment, index) => <ShipmentCard key={shipment.id} shipment={shipment} all={all} number={index + 1} lines={lines} />)}
    </Card>
  );
}
