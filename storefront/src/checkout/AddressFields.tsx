import { useAddressRules, useCountries } from '../api/shipping';
import type { Address, AddressField } from '../api/types';
import { SelectField, TextField, type FieldError } from '../components/Field';
import { serverText } from '../messages/server-text';
import { usePurchaseMessages } from '../messages/messages';
import { useFormats } from '../messages/formats';
import { fieldLabel, localityLines, regionCode, UNKNOWN_RULES } from './address-rules';
import styles from './Form.module.css';

interface AddressFieldsProps {
  /** The prefix of the fields' ids. */
  prefix: string;
  address: Address;
  onChange: (address: Address) => void;
  errors: FieldError[];
}

const AUTO_COMPLETE = { city: 'address-level2', region: 'address-level1', postal_code: 'postal-code' } as const;
const MAX_LENGTH = { city: 120, region: 120, postal_code: 20 } as const;

/** The fields of an address, below the country as this country has them. */
export function AddressFields({ prefix, address, onChange, errors }: AddressFieldsProps) {
  const t = usePurchaseMessages();
  const formats = useFormats();
  const { data: countries } = useCountries();
  const { data: rules = UNKNOWN_RULES } = useAddressRules(address.country);
  const nameOf = useCountryName();
  const options = (countries?.items ?? []).map((country) => ({ code: country.code, name: nameOf(country) }))
    .toSorted((one, other) => formats.compare(one.name, other.name));
  const errorOf = (name: string) => errors.find((error) => error.field === `${prefix}-${name}`)?.message;
  const text = (name: keyof Address, label: string, autoComplete: string, maxLength: number, extra: { optional?: boolean; hint?: string; type?: string } = {}) => (
    <TextField
      id={`${prefix}-${name}`}
      label={label}
      autoComplete={autoComplete}
      maxLength={maxLength}
      required={!extra.optional}
      {...extra}
      value={address[name] ?? ''}
      error={errorOf(name)}
      onChange={(event) => onChange({ ...address, [name]: event.target.value })}
    />
  );
  const localField = (field: AddressField) => {
    const { name, label, required, example } = field;
    if (field.regions?.length) return <RegionSelect key={name} {...{ prefix, field, address, onChange }} error={errorOf(name)} />;
    return (
      <div key={name}>
        {text(name, fieldLabel(label, t), AUTO_COMPLETE[name], MAX_LENGTH[name], {
          ...(!required && { optional: true }),
          ...(example && { hint: t.checkout.example(example) }),
        })}
      </div>
    );
  };
  return (
    <div className={styles.fields}>
      <div className={styles.full}>
        <SelectField
          id={`${prefix}-country`}
          label={t.checkout.country}
          autoComplete="country"
          required
          value={address.country}
          error={errorOf('country')}
          // A region of another country would be wrong, and often not visible.
          onChange={(event) => onChange({ ...address, region: '', country: event.target.value })}
        >
          <option value="" disabled>{t.checkout.chooseCountry}</option>
          {/* Keeps the chosen country visible until the list has loaded, and one that is not delivered to any more. */}
          {address.country && !countries?.items.some((country) => country.code === address.country)
            && <option value={address.country}>{nameOf({ code: address.country, name: rules.name || address.country })}</option>}
          {options.map(({ code, name }) => <option key={code} value={code}>{name}</option>)}
        </SelectField>
      </div>
      <div className={styles.full}>{text('name', t.checkout.fullName, 'name', 120)}</div>
      <div className={styles.full}>{text('line1', t.checkout.street, 'address-line1', 120)}</div>
      <div className={styles.full}>{text('line2', t.checkout.line2, 'address-line2', 120, { optional: true })}</div>
      {rules.fields.map(localField)}
      <div className={styles.full}>{text('phone', t.common.phone, 'tel', 32, { optional: true, type: 'tel', hint: t.checkout.phoneHint })}</div>
    </div>
  );
}

function RegionSelect({ prefix, field, address, onChange, error }: {
  prefix: string;
  field: AddressField;
  address: Address;
  onChange: (address: Address) => void;
  error: string | undefined;
}) {
  const t = usePurchaseMessages();
  return (
    <SelectField
      id={`${prefix}-region`}
      label={fieldLabel(field.label, t)}
      autoComplete={AUTO_COMPLETE.region}
      required={field.required}
      optional={!field.required}
      value={regionCode(field, address.region)}
      error={error}
      onChange={(event) => onChange({ ...address, region: event.target.value })}
    >
      <option value="" disabled={field.required}>{t.checkout.choose(fieldLabel(field.label, t))}</option>
      {field.regions?.map((region) => <option key={region.code} value={region.code}>{region.name}</option>)}
    </SelectField>
  );
}

/** Returns the lines of an address in the order of its country, which is the last one. */
function useAddressLines(address: Address): string[] {
  const { data: rules = UNKNOWN_RULES } = useAddressRules(address.country);
  const nameOf = useCountryName();
  const { name, line1, line2 } = address;
  const country = nameOf({ code: address.country, name: rules.name || address.country });
  return [name, line1, line2 ?? '', ...localityLines(address, rules), country].filter(Boolean);
}

/** Returns a function that names a country in the language of the page. In English it is the server's name. */
function useCountryName(): (country: { code: string; name: string }) => string {
  const t = usePurchaseMessages();
  const formats = useFormats();
  return ({ code, name }) => serverText(t, name === code ? null : name, formats.country(code, name));
}

export function AddressText({ address }: { address: Address }) {
  return (
    <address className={styles.address}>
      {useAddressLines(address).map((line) => <span key={line}>{line}</span>)}
    </address>
  );
}

/** An address without its name on one line. */
export function AddressLine({ address }: { address: Address }) {
  return useAddressLines(address).slice(1).join(', ');
}
