import { parseMajor, toInputText } from '../../money/money';
import type { FieldError } from '../../components/Field';
import type { Reach, Tariff, Zone, Zones } from '../api/types';
import { parseCount } from '../components/numbers';

export interface TariffForm {
  base: string;
  perKg: string;
  minDays: string;
  maxDays: string;
}

export interface ZoneForm {
  key: string;
  name: string;
  reach: Reach;
  upToKm: string;
  standard: TariffForm;
  express: TariffForm;
}

interface ZonesForm {
  zones: ZoneForm[];
  /** Country codes separated by commas. */
  excluded: string;
}

let keys = 0;

export function emptyZone(): ZoneForm {
  keys += 1;
  const tariff = { base: '', perKg: '0', minDays: '1', maxDays: '3' };
  return { key: `new-${keys}`, name: '', reach: 'domestic', upToKm: '', standard: tariff, express: tariff };
}

export function zonesForm({ zones, excluded }: Zones, currency: string): ZonesForm {
  const tariff = ({ base, per_kg, days }: Tariff): TariffForm => ({
    base: toInputText(base, currency), perKg: toInputText(per_kg, currency), minDays: String(days.min), maxDays: String(days.max),
  });
  return {
    zones: zones.map(({ name, reach, up_to_km, standard, express }, index) => ({
      key: `zone-${index}`, name, reach, upToKm: typeof up_to_km === 'number' ? String(up_to_km) : '', standard: tariff(standard), express: tariff(express),
    })),
    excluded: excluded.join(', '),
  };
}

/** The id of the field that an error of the server is about: `/zones/0/standard/base` is `shipping-zones-0-standard-base`. */
export function fieldId(pointer: string): string {
  // An error about a zone as a whole is shown at its name.
  const field = /^\/zones\/\d+$/.test(pointer) ? `${pointer}/name` : pointer;
  return `shipping${field.replaceAll('/', '-')}`;
}

export function checkZones({ zones, excluded }: ZonesForm, currency: string): FieldError[] {
  const errors: FieldError[] = [];
  const report = (pointer: string, message: string) => errors.push({ field: fieldId(pointer), message });
  zones.forEach((zone, index) => {
    const at = `/zones/${index}`;
    const which = zone.name.trim() || `zone ${index + 1}`;
    if (zone.name.trim() === '') report(`${at}/name`, `Enter a name for zone ${index + 1}.`);
    if (zone.upToKm.trim() && !parseCount(zone.upToKm)) report(`${at}/up_to_km`, `Enter the distance of ${which} in kilometres, or nothing.`);
    for (const option of ['standard', 'express'] as const) {
      const { base, perKg, minDays, maxDays } = zone[option];
      if (parseMajor(base, currency) === null) report(`${at}/${option}/base`, `Enter the ${option} price of ${which} in ${currency}.`);
      if (parseMajor(perKg, currency) === null) report(`${at}/${option}/per_kg`, `Enter the ${option} price per kilogram of ${which} in ${currency}.`);
      const [min, max] = [parseCount(minDays), parseCount(maxDays)];
      if (min === null || max === null || min > max) report(`${at}/${option}/days/min`, `Enter the days of ${option} delivery of ${which}, the smaller number first.`);
    }
  });
  if (!countryCodes(excluded).every((code) => /^[A-Z]{2}$/.test(code))) report('/excluded', 'Enter countries by their two letters, separated by commas.');
  return errors;
}

export function zonesRequest({ zones, excluded }: ZonesForm, version: number, currency: string): Zones {
  const tariff = ({ base, perKg, minDays, maxDays }: TariffForm): Tariff => ({
    base: parseMajor(base, currency) ?? 0,
    per_kg: parseMajor(perKg, currency) ?? 0,
    days: { min: parseCount(minDays) ?? 0, max: parseCount(maxDays) ?? 0 },
  });
  return {
    currency,
    version,
    excluded: countryCodes(excluded),
    zones: zones.map(({ name, reach, upToKm, standard, express }): Zone => ({
      name: name.trim(), reach, up_to_km: parseCount(upToKm), standard: tariff(standard), express: tariff(express),
    })),
  };
}

function countryCodes(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).map((code) => code.trim().toUpperCase()).filter(Boolean))];
}

/** Names the zone that an error of the server is about: the field's name, which the message begins with, is its index. */
export function zoneMessage(message: string): string {
  return message.replace(/^(\d+) (?=is |must |has )/, (_, index: string) => `Zone ${Number(index) + 1} `);
}
