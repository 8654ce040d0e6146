import { useTracking } from '../api/shipping';
import type { Shipment, ShipmentStatus } from '../api/types';
import { formatDate, formatMoment } from '../components/dates';
import { Icon } from '../components/Icon';
import styles from './Shipments.module.css';

const WORDS: Record<ShipmentStatus, string> = {
  announced: 'Announced to the carrier',
  in_transit: 'On its way',
  out_for_delivery: 'Out for delivery',
  delivered: 'Delivered',
  cancelled: 'Stopped',
};

export function Shipments({ shipments }: { shipments: Shipment[] }) {
  if (shipments.length === 0) return null;
  return (
    <section aria-labelledby="shipments-title" className={styles.shipments}>
      <h2 id="shipments-title">{shipments.length === 1 ? 'Parcel' : 'Parcels'}</h2>
      {shipments.map((shipment) => <Parcel key={shipment.id} shipment={shipment} />)}
    </section>
  );
}

function Parcel({ shipment }: { shipment: Shipment }) {
  const tracking = useTracking(shipment.number);
  const { data } = tracking;
  // The order hears of its parcel sooner than the tracking that was asked for once.
  const running = data && shipment.status !== 'delivered' && shipment.status !== 'cancelled';
  return (
    <div className={styles.parcel}>
      <Icon name="truck" size={24} />
      <div>
        <p><strong>{WORDS[shipment.status]}</strong></p>
        <p className={styles.soft}>{shipment.carrier}, number {shipment.number}</p>
        {running && <p className={styles.soft}>Expected {formatDate(data.estimated_delivery)}</p>}
        {data && data.events.length > 0 && (
          <details className={styles.details}>
            <summary>Tracking</summary>
            <ul>
              {data.events.map((event) => (
                <li key={`${event.at} ${event.status}`}>
                  {event.text}{event.place && `, ${event.place}`} <span className={styles.soft}>{formatMoment(event.at)}</span>
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </div>
  );
}
