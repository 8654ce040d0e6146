import { useTracking } from '../api/shipping';
import type { Shipment } from '../api/types';
import { formatDate, formatMoment } from '../components/dates';
import { Icon } from '../components/Icon';
import { SHIPMENT_STATUS } from '../messages/en';
import styles from './Shipments.module.css';

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
  // The order is updated live, the tracking was read once: the order's status is the newer one.
  const isUnderway = data && shipment.status !== 'delivered' && shipment.status !== 'cancelled';
  return (
    <div className={styles.parcel}>
      <Icon name="truck" size={24} />
      <div>
        <p><strong>{SHIPMENT_STATUS[shipment.status]}</strong></p>
        <p className={styles.soft}>{shipment.carrier}, tracking number {shipment.number}</p>
        {isUnderway && <p className={styles.soft}>Expected {formatDate(data.estimated_delivery)}</p>}
        {data && data.events.length > 0 && (
          <details className={styles.details}>
            <summary>Tracking details</summary>
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
