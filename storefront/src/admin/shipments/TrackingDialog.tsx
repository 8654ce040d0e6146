import { useId, useState } from 'react';
import { TextField, type FieldError } from '../../components/Field';
import { ORDER_PATHS } from '../api/orders';
import type { CarrierTracking, StaffShipment } from '../api/types';
import { useChange } from '../api/use-command';
import { ActionDialog } from '../components/Dialog';
import { useSubmit } from '../components/use-submit';

interface TrackingDialogProps {
  open: boolean;
  onClose: () => void;
  shipment: StaffShipment;
  name: string;
  /** Corrects the tracking of a shipment that has left. */
  correct: boolean;
}

const EMPTY = { carrier: '', tracking_number: '', tracking_url: '' };

/** Ships a shipment with a carrier, or corrects what was entered then. */
export function TrackingDialog({ open, onClose, shipment, name, correct }: TrackingDialogProps) {
  const prefix = useId();
  const [input, setInput] = useState(() => ({
    carrier: shipment.tracking?.carrier ?? EMPTY.carrier,
    tracking_number: shipment.tracking?.tracking_number ?? EMPTY.tracking_number,
    tracking_url: shipment.tracking?.tracking_url ?? EMPTY.tracking_url,
  }));
  const path = `/api/v1/shipments/${shipment.id}`;
  const send = useChange<CarrierTracking, StaffShipment>(
    (tracking) => (correct ? { method: 'put', path: `${path}/tracking`, body: tracking } : { method: 'post', path: `${path}/ship`, body: tracking }),
    ORDER_PATHS,
  );
  const id = (field: string) => `${prefix}-${field}`;
  const form = useSubmit(send, {
    fields: { '/carrier': id('carrier'), '/tracking_number': id('tracking_number'), '/tracking_url': id('tracking_url') },
    done: correct ? 'The tracking is corrected.' : 'Marked as shipped.',
    onDone: onClose,
  });
  const field = (key: keyof typeof EMPTY) => ({
    id: id(key),
    value: input[key],
    error: form.errorOf(id(key)),
    autoComplete: 'off',
    onChange: (event: { target: { value: string } }) => setInput({ ...input, [key]: event.target.value }),
  });
  const submit = () => {
    const errors: FieldError[] = input.carrier.trim() ? [] : [{ field: id('carrier'), message: 'Enter the carrier.' }];
    form.submit({
      carrier: input.carrier.trim(),
      tracking_number: input.tracking_number.trim() || null,
      tracking_url: input.tracking_url.trim() || null,
    }, errors);
  };
  return (
    <ActionDialog
      open={open}
      onClose={() => {
        onClose();
        form.reset();
      }}
      title={correct ? `Correct the tracking of ${name}` : `Ship ${name}`}
      action={correct ? 'Save' : 'Mark as shipped'}
      busy={form.busy}
      errors={form.errors}
      onSubmit={submit}
    >
      <p>{correct ? 'The customer sees the corrected tracking on the order page.' : 'The customer is told by email. The order can no longer be cancelled, and this cannot be undone.'}</p>
      <TextField {...field('carrier')} label="Carrier" required maxLength={60} hint="For example DHL." />
      <TextField {...field('tracking_number')} label="Tracking number" optional maxLength={64} />
      <TextField {...field('tracking_url')} label="Tracking link" optional type="url" maxLength={500} />
    </ActionDialog>
  );
}
