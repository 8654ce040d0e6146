import { useState } from 'react';
import type { Order } from '../../api/types';
import { Button } from '../../components/Button';
import { DocumentButton } from '../../components/DocumentButton';
import { formatMoment } from '../components/formats';
import { contentsOf } from '../../orders/returns';
import { ORDER_PATHS } from '../api/orders';
import type { StaffShipment } from '../api/types';
import { useChange } from '../api/use-command';
import { ActionDialog } from '../components/Dialog';
import { StatusBadge } from '../components/StatusBadge';
import { useSubmit } from '../components/use-submit';
import { SHIPMENT_STATUS } from '../messages/en';
import { useCan } from '../shell/permissions';
import { actionsFor, reportsByItself, type ShipmentAction } from './shipment-rules';
import styles from './Shipments.module.css';
import { SplitDialog } from './SplitDialog';
import { TrackingDialog } from './TrackingDialog';

interface ShipmentCardProps {
  shipment: StaffShipment;
  all: readonly StaffShipment[];
  /** The position among the order's shipments. */
  number: number;
  lines: Order['lines'];
}

export function ShipmentCard({ shipment, all, number, lines }: ShipmentCardProps) {
  const can = useCan();
  const [open, setOpen] = useState<ShipmentAction | null>(null);
  const close = () => setOpen(null);
  const actions = can('shipments:write') ? actionsFor(shipment, all) : [];
  const name = `shipment ${number}`;
  const has = (action: ShipmentAction) => actions.includes(action);
  return (
    <article className={styles.shipment} aria-label={`Shipment ${number}`} data-cancelled={shipment.status === 'cancelled' || undefined}>
      <header className={styles.head}>
        <h3>Shipment {number}</h3>
        <StatusBadge status={SHIPMENT_STATUS[shipment.status]} />
      </header>
      {shipment.lines && shipment.lines.length > 0 && <ul>{contentsOf(shipment.lines, { lines, returns: [] }).map((text) => <li key={text}>{text}</li>)}</ul>}
      <Tracking shipment={shipment} />
      {shipment.status !== 'cancelled' && <Documents shipment={shipment} name={name} />}
      {actions.length > 0 && (
        <div className={styles.actions}>
          {has('pack') && <PackButton shipment={shipment} name={name} />}
          {has('ship') && <Button size="small" look={has('pack') ? 'secondary' : 'primary'} aria-label={`Ship ${name}`} onClick={() => setOpen('ship')}>Ship…</Button>}
          {has('deliver') && <Button size="small" aria-label={`Mark as delivered: ${name}`} onClick={() => setOpen('deliver')}>Mark as delivered…</Button>}
          {has('correct') && <Button size="small" look="secondary" aria-label={`Correct tracking of ${name}`} onClick={() => setOpen('correct')}>Correct tracking…</Button>}
          {has('split') && <Button size="small" look="secondary" aria-label={`Split ${name}`} onClick={() => setOpen('split')}>Split…</Button>}
          {has('merge') && <Button size="small" look="secondary" aria-label={`Merge ${name} into another`} onClick={() => setOpen('merge')}>Merge…</Button>}
        </div>
      )}
      {(has('ship') || has('correct')) && (
        <TrackingDialog open={open === 'ship' || open === 'correct'} correct={open === 'correct'} onClose={close} shipment={shipment} name={name} />
      )}
      {has('split') && <SplitDialog open={open === 'split'} onClose={close} shipment={shipment} name={name} lines={lines} />}
      <DeliverDialog open={open === 'deliver'} onClose={close} shipment={shipment} name={name} />
      <MergeDialog open={open === 'merge'} onClose={close} shipment={shipment} name={name} />
    </article>
  );
}

/** The papers for a parcel, as PDF. */
function Documents({ shipment: { id, order_id }, name }: { shipment: StaffShipment; name: string }) {
  const path = `/api/v1/orders/${order_id}/shipments/${id}`;
  return (
    <div className={styles.actions}>
      <DocumentButton path={`${path}/packing-slip`}>Packing slip (PDF)<span className="visually-hidden"> of {name}</span></DocumentButton>
      <DocumentButton path={`${path}/label`}>Address label (PDF)<span className="visually-hidden"> of {name}</span></DocumentButton>
    </div>
  );
}

function Tracking({ shipment }: { shipment: StaffShipment }) {
  const { tracking, number, carrier, created_at } = shipment;
  return (
    <p className={styles.tracking}>
      {tracking
        ? (
          <>
            {tracking.carrier}
            {tracking.tracking_number && `, ${tracking.tracking_number}`}
            {tracking.tracking_url && <> <a href={tracking.tracking_url} target="_blank" rel="noreferrer">Track<span className="visually-hidden"> (opens in a new tab)</span></a></>}
          </>
        )
        : reportsByItself(shipment) ? `${carrier}, ${number}. This carrier reports by itself.` : `Number ${number}, created ${formatMoment(created_at)}`}
    </p>
  );
}

function PackButton({ shipment, name }: { shipment: StaffShipment; name: string }) {
  const pack = useChange<undefined, StaffShipment>(() => ({ method: 'post', path: `/api/v1/shipments/${shipment.id}/pack`, body: {} }), ORDER_PATHS);
  const form = useSubmit(pack, { done: 'Marked as packed.' });
  return (
    <>
      <Button size="small" busy={form.busy} aria-label={`Mark as packed: ${name}`} onClick={() => form.submit(undefined)}>Mark as packed</Button>
      {form.errors.map(({ message }) => <p key={message} role="alert">{message}</p>)}
    </>
  );
}

interface ShipmentDialogProps {
  open: boolean;
  onClose: () => void;
  shipment: StaffShipment;
  name: string;
}

function DeliverDialog({ open, onClose, shipment, name }: ShipmentDialogProps) {
  const deliver = useChange<undefined, StaffShipment>(() => ({ method: 'post', path: `/api/v1/shipments/${shipment.id}/deliver`, body: {} }), ORDER_PATHS);
  const form = useSubmit(deliver, { done: 'Marked as delivered.', onDone: onClose });
  return (
    <ActionDialog open={open} onClose={onClose} title={`Mark ${name} as delivered?`} action="Mark as delivered" busy={form.busy} errors={form.errors} onSubmit={() => form.submit(undefined)}>
      <p>The customer is told by email. Once every shipment is delivered, the time for returns begins. This can't be undone.</p>
    </ActionDialog>
  );
}

function MergeDialog({ open, onClose, shipment, name }: ShipmentDialogProps) {
  const merge = useChange<undefined, StaffShipment>(() => ({ method: 'post', path: `/api/v1/shipments/${shipment.id}/cancel`, body: {} }), ORDER_PATHS);
  const form = useSubmit(merge, { done: 'The shipments are merged.', onDone: onClose });
  return (
    <ActionDialog open={open} onClose={onClose} title={`Merge ${name} into another?`} action="Merge" busy={form.busy} errors={form.errors} onSubmit={() => form.submit(undefined)}>
      <p>This shipment is cancelled, and its items go into another open shipment of the order, which has to be packed again.</p>
    </ActionDialog>
  );
}
