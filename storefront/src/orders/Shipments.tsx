import { useTracking } from '../api/shipping';
import type { OrderLine, Shipment } from '../api/types';
import { Icon } from '../components/Icon';
import { serverText } from '../messages/server-text';
import { usePurchaseMessages } from '../messages/messages';
import { useFormats } from '../messages/formats';
import { contentsOf } from './returns';
import styles from './Shipments.module.css';

export function Shipments({ shipments, lines }: { shipments: Shipment[]; lines: OrderLine[] }) {
  const t = usePurchaseMessages();
  // One whose items were put into another parcel is gone.
  const shown = shipments.filter((shipment) => shipment.status !== 'cancelled' || shipments.length === 1);
  if (shown.length === 0) return null;
  return (
    <section aria-labelledby="shipments-title" className={styles.shipments}>
      <h2 id="shipments-title">{shown.length === 1 ? t.orders.parcel : t.orders.parcels}</h2>
      {shown.map((shipment) => (
        <Parcel key={shipment.id} shipment={shipment} items={shown.length > 1 ? contentsOf(shipment.lines ?? [], { lines, returns: [] }) : []} />
      ))}
    </section>
  );
}

function Parcel({ shipment, items }: { shipment: Shipment; items: string[] }) {
  const t = usePurchaseMessages();
  const formats = useFormats();
  const tracking = useTracking(shipment.number);
  const { data } = tracking;
  // The order is updated live, the tracking was read once: the order's status is the newer one.
  const isUnderway = data && shipment.status !== 'delivered' && shipment.status !== 'cancelled';
  return (
    <div className={styles.parcel}>
      <Icon name="truck" size={24} />
      <div>
        <p><strong>{t.orders.shipmentStatuses[shipment.status]}</strong></p>
        {items.length > 0 && <ul className={styles.items}>{items.map((item) => <li key={item}>{item}</li>)}</ul>}
        <Carrier shipment={shipment} />
        {isUnderway && <p className={styles.soft}>{t.orders.expected(formats.date(data.estimated_delivery))}</p>}
        {data && data.events.length > 0 && (
          <details className={styles.details}>
            <summary>{t.orders.tracking}</summary>
            <ul>
              {data.events.map((event) => (
                <li key={`${event.at} ${event.status}`}>
                  {serverText(t, event.text, t.orders.shipmentStatuses[event.status])}{event.place && `, ${event.place}`} <span className={styles.soft}>{formats.moment(event.at)}</span>
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </div>
  );
}

/** Names the carrier and links to its tracking page. A parcel that is still to be shipped has no carrier yet. */
function Carrier({ shipment: { tracking, carrier, number } }: { shipment: Shipment }) {
  const t = usePurchaseMessages();
  if (!tracking) {
    return <p className={styles.soft}>{carrier ? t.orders.carrierAndNumber(carrier, number) : t.orders.trackingNumber(number)}</p>;
  }
  const text = tracking.tracking_number ? t.orders.carrierAndNumber(tracking.carrier, tracking.tracking_number) : tracking.carrier;
  return (
    <p className={styles.soft}>
      {text}
      {tracking.tracking_url && <> <a href={tracking.tracking_url} rel="noopener noreferrer" target="_blank">{t.orders.trackWith(tracking.carrier)}</a></>}
    </p>
  );
}
