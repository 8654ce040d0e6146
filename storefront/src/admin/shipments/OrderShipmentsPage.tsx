import { useParams } from '../../router/hooks';
import { useOrderShipments } from '../api/orders';
import { Page } from '../components/Page';
import { packingSlipsPath } from '../printing/print-links';
import { PrintLink } from '../printing/PrintLink';
import { OrderShipments } from './OrderShipments';

/** The shipments of an order without the order, for people of the warehouse. */
export default function OrderShipmentsPage() {
  const { order = '' } = useParams();
  const shipments = useOrderShipments(order);
  const number = shipments.data?.items[0]?.order_number;
  return (
    <Page title={number ? `Shipments of order ${number}` : 'Shipments'} back={{ to: '/shipments', label: 'Shipments' }} actions={number && <PrintLink to={packingSlipsPath({ order })}>Print packing slip</PrintLink>}>
      <OrderShipments orderId={order} lines={[]} />
    </Page>
  );
}
