import { expect, it } from 'vitest';
import type { Zones } from '../api/types';
import { checkZones, emptyZone, fieldId, zoneMessage, zonesForm, zonesRequest } from './zones-form';

const ZONES: Zones = {
  currency: 'USD', version: 3, excluded: ['KP', 'SY'],
  zones: [
    { name: 'Nearby', reach: 'domestic', up_to_km: 100, standard: { base: 390, per_kg: 40, days: { min: 1, max: 2 } }, express: { base: 790, per_kg: 80, days: { min: 1, max: 1 } } },
    { name: 'World', reach: 'world', up_to_km: null, standard: { base: 2000, per_kg: 0, days: { min: 5, max: 12 } }, express: { base: 4000, per_kg: 300, days: { min: 2, max: 4 } } },
  ],
};

it('changes nothing that was not changed', () => {
  expect(zonesRequest(zonesForm(ZONES, 'USD'), 3, 'USD')).toEqual(ZONES);
  expect(checkZones(zonesForm(ZONES, 'USD'), 'USD')).toEqual([]);
});

it('reports what is missing, at its field', () => {
  const fields = checkZones({ zones: [emptyZone()], excluded: 'Germany' }, 'USD').map(({ field }) => field);
  expect(fields).toEqual(['shipping-zones-0-name', 'shipping-zones-0-standard-base', 'shipping-zones-0-express-base', 'shipping-excluded']);
  const form = zonesForm(ZONES, 'USD');
  const backwards = { ...form, zones: form.zones.slice(0, 1).map((zone) => ({ ...zone, standard: { ...zone.standard, minDays: '9' } })) };
  expect(checkZones(backwards, 'USD').map(({ field }) => field)).toEqual(['shipping-zones-0-standard-days-min']);
});

it('shows an error about a zone at its name', () => {
  expect(fieldId('/zones/5')).toBe('shipping-zones-5-name');
  expect(fieldId('/zones/0/standard/base')).toBe('shipping-zones-0-standard-base');
  expect(zoneMessage('5 is never used: another zone includes it.')).toBe('Zone 6 is never used: another zone includes it.');
  expect(zoneMessage('Enter a name for zone 1.')).toBe('Enter a name for zone 1.');
});
