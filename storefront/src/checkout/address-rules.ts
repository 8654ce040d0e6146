import type { Address, AddressField, AddressRules, Destination } from '../api/types';
import type { FieldError } from '../components/Field';
import type { PurchaseMessages } from '../messages/catalogue';
import { labelOf } from '../messages/server-text';

/** The rules until those of the country are known: only the server refuses an address then. */
export const UNKNOWN_RULES: AddressRules = {
  country: '',
  name: '',
  fields: [
    { name: 'postal_code', label: 'Postal code', required: false },
    { name: 'city', label: 'Town or city', required: false },
  ],
  format: '{postal_code} {city}',
};

const DESTINATION = ['country', 'region', 'city', 'postal_code'] as const;

/** Maps the server's JSON pointers to the ids of the fields that start with `prefix`. */
export function addressPointers(prefix: string, base: string): Record<string, string> {
  const names: (keyof Address)[] = ['name', 'line1', 'line2', 'city', 'region', 'postal_code', 'country', 'phone'];
  return Object.fromEntries(names.map((name) => [`${base}/${name}`, `${prefix}-${name}`]));
}

/** Returns the label of a field in the language of the page. The server has it in English. */
export function fieldLabel(label: string, { checkout }: PurchaseMessages): string {
  return labelOf(checkout.labels, label, label);
}

/** Reports missing fields. The server checks postal codes and regions when delivery is priced, or the address saved. */
export function checkAddress(address: Address, rules: AddressRules, prefix: string, t: PurchaseMessages): FieldError[] {
  const errors: FieldError[] = [];
  const need = (name: keyof Address, message: string) => {
    if (!address[name]?.trim()) errors.push({ field: `${prefix}-${name}`, message });
  };
  need('country', t.checkout.noCountry);
  need('name', t.checkout.noName);
  need('line1', t.checkout.noStreet);
  for (const { name, label, regions } of rules.fields.filter((field) => field.required)) {
    const missing = name === 'region' && regions?.length ? t.checkout.noChoice : t.checkout.noField;
    need(name, missing(fieldLabel(label, t)));
  }
  return errors;
}

export function checkEmail(email: string, field: string, t: PurchaseMessages): FieldError[] {
  // Only rejects what is certainly wrong: no pattern matches all valid addresses, and the server checks again.
  return /^\S+@\S+\.\S+$/.test(email.trim()) ? [] : [{ field, message: t.checkout.noEmail }];
}

/** Trims the address and removes empty optional fields, as the API expects. */
export function cleanAddress(address: Address): Address {
  const clean: Address = { name: address.name.trim(), line1: address.line1.trim(), country: address.country };
  for (const name of ['line2', 'city', 'region', 'postal_code', 'phone'] as const) {
    const value = address[name]?.trim();
    if (value) clean[name] = value;
  }
  return clean;
}

/** Returns the fields of an address that decide on the price of delivery. */
export function destinationOf(address: Address): Destination {
  const { country, region, city, postal_code } = cleanAddress(address);
  return { country, ...(region && { region }), ...(city && { city }), ...(postal_code && { postal_code }) };
}

export function sameDestination(one: Destination | null | undefined, other: Destination): boolean {
  return Boolean(one) && DESTINATION.every((name) => (one?.[name] ?? '') === (other[name] ?? ''));
}

/** Returns the option of a region that was entered by code or name; the text itself where it is free. */
export function regionCode(field: AddressField, text: string | null | undefined): string {
  const typed = (text ?? '').trim();
  const key = typed.toLowerCase();
  const region = field.regions?.find(({ code, name }) => code.toLowerCase() === key || name.toLowerCase() === key);
  return region ? region.code : field.regions?.length ? '' : typed;
}

/** Returns the lines of an address below the street, in the order of its country. */
export function localityLines(address: Address, rules: AddressRules): string[] {
  const shown = new Set(rules.fields.map((field) => field.name));
  const lines = rules.format.split('\n').map((line) =>
    line
      .replace(/\{(\w+)\}/g, (_, name: 'city' | 'region' | 'postal_code') => address[name]?.trim() ?? '')
      // Separators beside a missing field.
      .replace(/^[\s,/-]+|[\s,/-]+$/g, '')
      .replace(/\s+,/g, ',')
      .replace(/\s{2,}/g, ' '));
  // Fields that the country does not use, but that the address has.
  const others = (['city', 'region', 'postal_code'] as const).filter((name) => !shown.has(name)).map((name) => address[name]?.trim() ?? '');
  return [...lines, ...others].filter(Boolean);
}
