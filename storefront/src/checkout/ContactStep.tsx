import { useState, type FormEvent } from 'react';
import { Link } from 'react-router';
import { useAccount, useAddresses } from '../api/account';
import { Button } from '../components/Button';
import { ErrorSummary, TextField, type FieldError } from '../components/Field';
import { AddressFields } from './AddressFields';
import { checkAddress, checkEmail } from './address-rules';
import { emptyAddress, type Draft } from './draft';
import styles from './Form.module.css';

interface ContactStepProps {
  draft: Draft;
  onChange: (draft: Draft) => void;
  /** The server's field errors from placing the order. */
  serverErrors: FieldError[];
  onDone: () => void;
}

export function ContactStep({ draft, onChange, serverErrors, onDone }: ContactStepProps) {
  const { data: account } = useAccount();
  const [found, setFound] = useState<FieldError[] | null>(null);
  const errors = found ?? serverErrors;

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const next = [...checkEmail(draft.email, 'checkout-email'), ...checkAddress(draft.address, 'checkout')];
    setFound(next);
    if (next.length === 0) onDone();
  };

  return (
    <form className={styles.form} onSubmit={onSubmit} noValidate>
      <ErrorSummary errors={errors} />
      <TextField
        id="checkout-email"
        label="Email"
        type="email"
        autoComplete="email"
        inputMode="email"
        maxLength={254}
        required
        hint={account ? undefined : 'Only for order confirmation and delivery updates.'}
        value={draft.email}
        error={errors.find((error) => error.field === 'checkout-email')?.message}
        onChange={(event) => onChange({ ...draft, email: event.target.value })}
      />
      {!account && (
        <p className={styles.hint}>
          You're checking out as a guest. <Link to="/login?next=%2Fcheckout">Log in</Link> to use your saved addresses.
        </p>
      )}
      {account && <AddressBook draft={draft} onChange={onChange} />}
      <AddressFields
        prefix="checkout"
        address={draft.address}
        errors={errors}
        onChange={(address) => onChange({ ...draft, address })}
      />
      <Button type="submit">Continue to delivery</Button>
    </form>
  );
}

function AddressBook({ draft, onChange }: { draft: Draft; onChange: (draft: Draft) => void }) {
  const { data } = useAddresses();
  if (!data || data.items.length === 0) return null;
  const chosen = data.items.find(({ id: _, ...address }) => JSON.stringify(address) === JSON.stringify(draft.address))?.id ?? '';
  return (
    <fieldset className={styles.choices}>
      <legend>Deliver to</legend>
      {data.items.map(({ id, ...address }) => (
        <label key={id} className={styles.choice}>
          <input type="radio" name="address-book" checked={chosen === id} onChange={() => onChange({ ...draft, address })} />
          <span className={styles.choiceName}>
            {address.name}
            <small>{[address.line1, `${address.postal_code} ${address.city}`, address.country].join(', ')}</small>
          </span>
        </label>
      ))}
      <label className={styles.choice}>
        <input
          type="radio"
          name="address-book"
          checked={chosen === ''}
          onChange={() => onChange({ ...draft, address: emptyAddress(draft.address.country) })}
        />
        <span className={styles.choiceName}>Use a different address</span>
      </label>
    </fieldset>
  );
}
