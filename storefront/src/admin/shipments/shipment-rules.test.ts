import { describe, expect, it } from 'vitest';
import type { StaffShipment } from '../api/types';
import { actionsFor, reportsByItself, splitLines } from './shipment-rules';

const lines = [{ sku: 'mug', quantity: 2 }, { sku: 'pot', quantity: 1 }];
const shipment = (status: StaffShipment['status'], more: Partial<StaffShipment> = {}) => ({ carrier: '', tracking: null, status, lines, ...more });
const tracking = { carrier: 'DHL', tracking_number: '1' };

describe('actionsFor', () => {
  it('goes from packing to delivery', () => {
    const announced = shipment('announced');
    expect(actionsFor(announced, [announced])).toEqual(['pack', 'ship', 'split']);
    const packed = shipment('packed');
    expect(actionsFor(packed, [packed])).toEqual(['ship', 'split']);
    const sent = shipment('in_transit', { carrier: 'DHL', tracking });
    expect(actionsFor(sent, [sent])).toEqual(['deliver', 'correct']);
  });

  it('merges only with another open shipment, and splits only several units', () => {
    const single = shipment('announced', { lines: [{ sku: 'pot', quantity: 1 }] });
    expect(actionsFor(single, [single, shipment('cancelled')])).toEqual(['pack', 'ship']);
    expect(actionsFor(single, [single, shipment('packed')])).toEqual(['pack', 'ship', 'merge']);
  });

  it('leaves carriers that report by themselves alone', () => {
    const simulated = shipment('announced', { carrier: 'Parcel' });
    expect(reportsByItself(simulated)).toBe(true);
    expect(actionsFor(simulated, [simulated])).toEqual([]);
  });
});

describe('splitLines', () => {
  it('takes a part, and leaves a part', () => {
    expect(splitLines(lines, { mug: 1 })).toEqual([{ sku: 'mug', quantity: 1 }]);
    expect(splitLines(lines, { mug: 2, pot: 1 })).toBeNull();
    expect(splitLines(lines, {})).toBeNull();
  });
});
