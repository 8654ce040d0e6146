import { useCountries } from '../api/shipping';
import type { Address } from '../api/types';
import { SelectField, TextField, type FieldError } from '../components/Field';
import styles from './Form.module.css';

interface AddressFieldsProps {
  /** The prefix of the fields' ids. */
  prefix: string;
  address: Address;
  onChange: (address: Address) => void;
  errors: FieldError[];
}

export function AddressFields({ prefix, address, onChange, errors }: AddressFieldsProps) {
  const { data: countries } = useCountries();
  const text = (name: keyof Address, label: string, autoComplete: string, maxLength: number, extra: { optional?: boolean; hint?: string; type?: string } = {}) => (
    <TextField
      id={`${prefix}-${name}`}
      label={label}
      autoComplete={autoComplete}
      maxLength={maxLength}
      required={!extra.optional}
      {...extra}
      value={address[name] ?? ''}
      error={errors.find((error) => error.field === `${prefix}-${name}`)?.message}
      onChange={(event) => onChange({ ...address, [name]: event.target.value })}
    />
  );
  return (
    <div className={styles.fields}>
      <div className={styles.full}>
        <SelectField
          id={`${prefix}-country`}
          label="Country"
          autoComplete="country"
          required
          value={address.country}
          error={errors.find((error) => error.field === `${prefix}-country`)?.message}
          onChange={(event) => onChange({ ...address, country: event.target.value })}
        >
          <option value="" disabled>Choose a country</option>
          {/* Keeps the chosen country visible until the list has loaded. */}
          {!countries && address.country && <option value={address.country}>{address.country}</option>}
          {countries?.items.map((country) => <option key={country.code} value={country.code}>{country.name}</option>)}
        </SelectField>
      </div>
      <div className={styles.full}>{text('name', 'Full name', 'name', 120)}</div>
      <div className={styles.full}>{text('line1', 'Street address', 'address-line1', 120)}</div>
      <div className={styles.full}>{text('line2', 'Apartment, floor, company', 'address-line2', 120, { optional: true })}</div>
      {text('postal_code', 'Postal code', 'postal-code', 20)}
      {text('city', 'Town or city', 'address-level2', 120)}
      {text('region', 'State or province', 'address-level1', 120, { optional: true })}
      {text('phone', 'Phone', 'tel', 32, { optional: true, type: 'tel', hint: 'Only used by the carrier.' })}
    </div>
  );
}

export function AddressText({ address }: { address: Address }) {
  const { data: countries } = useCountries();
  const country = countries?.items.find((one) => one.code === address.country)?.name ?? address.country;
  const lines = [
    address.name,
    address.line1,
    address.line2,
    [address.postal_code, address.city].filter(Boolean).join(' '),
    [address.region, country].filter(Boolean).join(', '),
  ].filter(Boolean);
  return (
    <address className={styles.address}>
      {lines.map((line) => <span key={line}>{line}</span>)}
    </address>
  );
}
