import type { ShipmentLine, StaffShipment } from '../api/types';

export type ShipmentAction = 'pack' | 'ship' | 'split' | 'merge' | 'correct' | 'deliver';

type Known = Pick<StaffShipment, 'carrier' | 'tracking' | 'status' | 'lines'>;

/** A carrier that reports by itself: its name is known although no person has entered a tracking. */
export function reportsByItself({ carrier, tracking }: Pick<StaffShipment, 'carrier' | 'tracking'>): boolean {
  return carrier !== '' && !tracking;
}

function isOpen({ status }: Pick<StaffShipment, 'status'>): boolean {
  return status === 'announced' || status === 'packed';
}

export function unitCount(lines: readonly ShipmentLine[] | undefined): number {
  return (lines ?? []).reduce((sum, { quantity }) => sum + quantity, 0);
}

/** Returns what staff can do with a shipment now. `all` are the shipments of its order. */
export function actionsFor(shipment: Known, all: readonly Known[]): ShipmentAction[] {
  if (reportsByItself(shipment)) return [];
  switch (shipment.status) {
    case 'announced':
    case 'packed': {
      const actions: ShipmentAction[] = shipment.status === 'announced' ? ['pack', 'ship'] : ['ship'];
      if (unitCount(shipment.lines) > 1) actions.push('split');
      if (all.filter(isOpen).length > 1) actions.push('merge');
      return actions;
    }
    case 'in_transit':
    case 'out_for_delivery':
      return ['deliver', 'correct'];
    case 'delivered':
      return ['correct'];
    case 'cancelled':
      return [];
  }
}

/** Returns the lines to split off, or null when nothing would be split off or left. */
export function splitLines(lines: readonly ShipmentLine[], quantities: Readonly<Record<string, number>>): ShipmentLine[] | null {
  const split = lines.map(({ sku, quantity }) => ({ sku, quantity: Math.min(quantities[sku] ?? 0, quantity) })).filter(({ quantity }) => quantity > 0);
  const count = unitCount(split);
  return count > 0 && count < unitCount(lines) ? split : null;
}
