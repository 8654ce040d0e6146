import { describe, expect, it } from 'vitest';
import type { OrderShipment, PackingList } from '../api/types';
import { mayBePacked, packingSlips, pickList } from './print-rules';

const line = (sku: string, quantity: number) => ({ sku, quantity, title: `Title ${sku}`, option_values: ['red'], weight_grams: 100 });
const shipment = (id: string, lines: [string, number][], status: OrderShipment['status'] = 'announced'): OrderShipment =>
  ({ id, number: `SS${id}`, carrier: '', status, lines: lines.map(([sku, quantity]) => ({ sku, quantity })) });
const list = (number: string, shipments: OrderShipment[], status: PackingList['status'] = 'confirmed'): PackingList => ({
  order_id: number, order_number: number, status, placed_at: '2026-01-01T00:00:00Z', shipping_option: 'Standard', weight_grams: 300,
  address: { name: 'A', line1: 'B', country: 'DE' }, lines: [line('A-10', 2), line('A-9', 1)], withdrawn: [], shipments,
});

describe('packingSlips', () => {
  it('have the items of their shipment only, with the titles of the order', () => {
    const [slip, other, ...more] = packingSlips([list('1', [shipment('gone', [], 'cancelled'), shipment('x', [['A-10', 1]]), shipment('y', [['A-10', 1], ['A-9', 1]])])], null);
    expect(more).toEqual([]);
    expect(slip).toMatchObject({ parcel: 1, parcels: 2, lines: [{ sku: 'A-10', quantity: 1, title: 'Title A-10' }] });
    expect(other).toMatchObject({ parcel: 2, parcels: 2 });
  });

  it('are those that were selected', () => {
    const lists = [list('1', [shipment('x', [['A-9', 1]]), shipment('y', [['A-10', 2]])])];
    expect(packingSlips(lists, new Set(['y'])).map((slip) => [slip.shipment.id, slip.parcel])).toEqual([['y', 2]]);
  });

  it('have all items of the order for a shipment of an earlier version', () => {
    expect(packingSlips([list('1', [shipment('x', [])])], null)[0]?.lines).toHaveLength(2);
  });
});

describe('pickList', () => {
  it('sums up by SKU, in the order of the SKUs', () => {
    const lists = [list('1', [shipment('x', [['A-10', 1]]), shipment('y', [['A-10', 1], ['A-9', 1]])]), list('2', [shipment('z', [['A-10', 3]])])];
    expect(pickList(lists, null)).toEqual([
      { sku: 'A-9', title: 'Title A-9', optionValues: ['red'], quantity: 1, orders: [{ number: '1', quantity: 1 }] },
      { sku: 'A-10', title: 'Title A-10', optionValues: ['red'], quantity: 5, orders: [{ number: '1', quantity: 2 }, { number: '2', quantity: 3 }] },
    ]);
    expect(pickList(lists, new Set(['z'])).map(({ quantity }) => quantity)).toEqual([3]);
  });

  it('leaves out what customers have withdrawn from', () => {
    const order = list('1', [shipment('x', [['A-10', 1]]), shipment('y', [['A-10', 1], ['A-9', 1]])]);
    const withdrawn = (...lines: [string, number][]) => pickList([{ ...order, withdrawn: lines.map(([sku, quantity]) => ({ sku, quantity })) }], null);
    expect(withdrawn(['A-10', 1]).map(({ sku, quantity }) => [sku, quantity])).toEqual([['A-9', 1], ['A-10', 1]]);
    expect(withdrawn(['A-10', 2]).map(({ sku }) => sku)).toEqual(['A-9']);
  });

  it('leaves out what is packed, and what must not leave', () => {
    expect(pickList([list('1', [shipment('x', [['A-9', 1]], 'packed')]), list('2', [shipment('y', [['A-9', 1]])], 'cancelling')], null)).toEqual([]);
    expect(mayBePacked({ status: 'attention' })).toBe(false);
  });
});
