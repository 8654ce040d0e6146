import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { invoicePath, useOrder } from '../../api/orders';
import { isStatus } from '../../api/problem';
import type { Order } from '../../api/types';
import { AddressText } from '../../checkout/AddressFields';
import { DocumentButton } from '../../components/DocumentButton';
import { useParams } from '../../router/hooks';
import { Link } from '../../router/Link';
import { formatMoment } from '../components/formats';
import { Empty, Failure, Loading, Skeleton } from '../../components/States';
import { useTimeline } from '../../orders/use-timeline';
import { refreshPaths } from '../api/query-client';
import { Card, Columns, Facts, Page } from '../components/Page';
import { StatusBadge } from '../components/StatusBadge';
import { ORDER_STATUS } from '../messages/en';
import { packingSlipsPath } from '../printing/print-links';
import { PrintLink } from '../printing/PrintLink';
import { OrderShipments } from '../shipments/OrderShipments';
import { Attention } from './Attention';
import { CancelButton } from './CancelButton';
import { CaptureButton } from './CaptureButton';
import { OrderLines } from './OrderLines';
import { PaymentPanel } from './PaymentPanel';
import { RefundButton } from './RefundButton';
import { ReturnsPanel } from './ReturnsPanel';
import { StaffTimeline } from './StaffTimeline';

const BACK = { to: '/orders', label: 'Orders' };

export default function OrderPage() {
  const { id = '' } = useParams();
  const order = useOrder(id, null);
  if (order.data) return <OrderView key={order.data.id} order={order.data} />;
  if (order.isPending) {
    return (
      <Page title="Order" back={BACK}>
        <Loading label="Loading the order"><Skeleton height="34rem" /></Loading>
      </Page>
    );
  }
  return (
    <Page title="Order" back={BACK}>
      {isStatus(order.error, 404) || isStatus(order.error, 422)
        ? <Empty title="Order not found"><p>The link may be incomplete.</p></Empty>
        : <Failure error={order.error} onRetry={() => void order.refetch()} title="The order couldn't be loaded" />}
    </Page>
  );
}

function OrderView({ order }: { order: Order }) {
  const { entries, status: liveStatus, connection } = useTimeline(order, null);
  const status = liveStatus ?? order.status;
  const client = useQueryClient();
  const known = useRef(entries.length);
  useEffect(() => {
    // Each step of the order may have changed its shipments and its payment, which are read on their own.
    if (known.current === entries.length) return;
    known.current = entries.length;
    void refreshPaths(client, '/api/v1/payments', '/api/v1/shipments');
  }, [client, entries.length]);
  return (
    <Page
      title={`Order ${order.number}`}
      mark={<StatusBadge status={ORDER_STATUS[status]} />}
      description={`Placed ${formatMoment(order.placed_at)}`}
      back={BACK}
      actions={
        <>
          {order.shipments.some((shipment) => shipment.status !== 'cancelled') && <PrintLink to={packingSlipsPath({ order: order.id })}>Print packing slip</PrintLink>}
          <CaptureButton order={order} />
          <RefundButton order={order} />
          {order.can_cancel && <CancelButton order={order} />}
        </>
      }
    >
      <Attention order={order} />
      <Columns
        main={
          <>
            <OrderShipments orderId={order.id} lines={order.lines} cancelled={order.status === 'cancelled'} />
            <OrderLines order={order} />
            {order.returns.length > 0 && <ReturnsPanel order={order} />}
            <PaymentPanel order={order} />
          </>
        }
        side={
          <>
            <Card title="Customer">
              <Facts
                items={[
                  ['Deliver to', <AddressText key="address" address={order.address} />],
                  ['Email', <a key="email" href={`mailto:${order.email}`}>{order.email}</a>],
                  ...(order.address.phone ? [['Phone', <a key="phone" href={`tel:${order.address.phone}`}>{order.address.phone}</a>] as const] : []),
                  ['Delivery method', order.shipping.label],
                  ...(order.receipt_number ? [['Receipt', order.receipt_number] as const] : []),
                  ...(order.has_invoice ? [['Invoice', <DocumentButton key="invoice" path={invoicePath(order.id)}>Download as PDF</DocumentButton>] as const] : []),
                ]}
              />
              <Link to={`/orders?${new URLSearchParams({ q: order.email })}`}>Other orders of this customer</Link>
            </Card>
            <StaffTimeline order={order} entries={entries} connection={connection} />
          </>
        }
      />
    </Page>
  );
}
