import { useParams } from 'react-router';
import { useOrderShipments } from '../api/orders';
import { Page } from '../components/Page';
import { OrderShipments } from './OrderShipments';

/** The shipments of an order without the order, for people of the warehouse. */
export default function OrderShipmentsPage() {
  const { order = '' } = useParams();
  const shipments = useOrderShipments(order);
  const number = shipments.data?.items[0]?.order_number;
  return (
    <Page title={number ? `Shipments of order ${number}` : 'Shipments'} back={{ to: '/shipments', label: 'Shipments' }}>
      <OrderShipments orderId={order} lines={[]} />
    </Page>
  );
}
