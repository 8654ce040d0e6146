import type { Address } from '../api/types';
import type { FieldError } from '../components/Field';

/** Where the server's pointers lead on a form whose fields begin with `prefix`. */
export function addressPointers(prefix: string, base: string): Record<string, string> {
  const names: (keyof Address)[] = ['name', 'line1', 'line2', 'city', 'region', 'postal_code', 'country', 'phone'];
  return Object.fromEntries(names.map((name) => [`${base}/${name}`, `${prefix}-${name}`]));
}

export function checkAddress(address: Address, prefix: string): FieldError[] {
  const errors: FieldError[] = [];
  const need = (name: 'name' | 'line1' | 'city' | 'postal_code' | 'country', message: string) => {
    if (address[name].trim() === '') errors.push({ field: `${prefix}-${name}`, message });
  };
  need('name', 'Enter the name of who receives the parcel.');
  need('line1', 'Enter street and number.');
  need('postal_code', 'Enter the postal code, or - where there is none.');
  need('city', 'Enter the town or city.');
  need('country', 'Choose the country.');
  return errors;
}

export function checkEmail(email: string, field: string): FieldError[] {
  // Only what is surely wrong: the server, and in the end the mail itself, know better.
  return /^\S+@\S+\.\S+$/.test(email.trim()) ? [] : [{ field, message: 'Enter an email address, such as name@example.org.' }];
}

/** As the API takes it: trimmed, and without what was left empty. */
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
