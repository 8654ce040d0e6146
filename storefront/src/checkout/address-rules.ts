import type { Address } from '../api/types';
import type { FieldError } from '../components/Field';

/** Maps the server's JSON pointers to the ids of the fields that start with `prefix`. */
export function addressPointers(prefix: string, base: string): Record<string, string> {
  const names: (keyof Address)[] = ['name', 'line1', 'line2', 'city', 'region', 'postal_code', 'country', 'phone'];
  return Object.fromEntries(names.map((name) => [`${base}/${name}`, `${prefix}-${name}`]));
}

export function checkAddress(address: Address, prefix: string): FieldError[] {
  const errors: FieldError[] = [];
  const need = (name: 'name' | 'line1' | 'city' | 'postal_code' | 'country', message: string) => {
    if (address[name].trim() === '') errors.push({ field: `${prefix}-${name}`, message });
  };
  need('name', "Enter the recipient's name.");
  need('line1', 'Enter a street address.');
  need('postal_code', 'Enter a postal code.');
  need('city', 'Enter a town or city.');
  need('country', 'Choose a country.');
  return errors;
}

export function checkEmail(email: string, field: string): FieldError[] {
  // Only rejects what is certainly wrong: no pattern matches all valid addresses, and the server checks again.
  return /^\S+@\S+\.\S+$/.test(email.trim()) ? [] : [{ field, message: 'Enter an email address, such as name@example.org.' }];
}

/** Trims the address and removes empty optional fields, as the API expects. */
export function cleanAddress(address: Address): Address {
  const clean: Address = {
    name: address.name.trim(),
    line1: address.line1.trim(),
    city: address.city.trim(),
    postal_code: address.postal_code.trim(),
    country: address.country,
  };
  for (const name of ['line2', 'region', 'phone'] as const) {
    const value = address[name]?.trim();
    if (value) clean[name] = value;
  }
  return clean;
}
