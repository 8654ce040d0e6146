import { useId, useState } from 'react';
import type { Order } from '../../api/types';
import { titleOf } from '../../orders/returns';
import { ORDER_PATHS } from '../api/orders';
import type { ShipmentLine, StaffShipment } from '../api/types';
import { useCommand } from '../api/use-command';
import { ActionDialog } from '../components/Dialog';
import { QuantityFields } from '../components/QuantityFields';
import { useSubmit } from '../components/use-submit';
import { splitLines } from './shipment-rules';

interface SplitDialogProps {
  open: boolean;
  onClose: () => void;
  shipment: StaffShipment;
  name: string;
  lines: Order['lines'];
}

export function SplitDialog({ open, onClose, shipment, name, lines }: SplitDialogProps) {
  const prefix = useId();
  const [quantities, setQuantities] = useState<Record<string, number>>({});
  const split = useCommand<{ lines: ShipmentLine[] }, StaffShipment>(`/api/v1/shipments/${shipment.id}/split`, ORDER_PATHS);
  const close = () => {
    onClose();
    setQuantities({});
    form.reset();
  };
  const form = useSubmit(split, { done: 'The shipment is split.', onDone: () => close() });
  const choices = (shipment.lines ?? []).map(({ sku, quantity }) => {
    const line = lines.find((one) => one.sku === sku);
    return { sku, title: line ? titleOf(line) : sku, max: quantity };
  });
  const submit = () => {
    const chosen = splitLines(shipment.lines ?? [], quantities);
    form.submit({ lines: chosen ?? [] }, chosen ? [] : [{ field: `${prefix}-0`, message: 'Choose a part of the items: some must stay.' }]);
  };
  return (
    <ActionDialog open={open} onClose={close} title={`Split ${name}`} action="Split" busy={form.busy} errors={form.errors} onSubmit={submit}>
      <p>The chosen items go into a parcel of their own. Both have to be packed afterwards.</p>
      <QuantityFields prefix={prefix} legend="Items of the new parcel" choices={choices} quantities={quantities} onChange={setQuantities} />
    </ActionDialog>
  );
}
