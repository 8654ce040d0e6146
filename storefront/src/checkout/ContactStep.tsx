import { useState, type FormEvent } from 'react';
import { useAccount, useAddresses, useSaveAddress } from '../api/account';
import { isProblem, isStatus, messageOf } from '../api/problem';
import { useAddressRules } from '../api/shipping';
import { Button } from '../components/Button';
import { ErrorSummary, TextField, type FieldError } from '../components/Field';
import { errorsOf } from '../components/form-errors';
import { useToasts } from '../components/Toasts';
import type { PurchaseMessages } from '../messages/catalogue';
import { usePurchaseMessages } from '../messages/messages';
import { Link } from '../router/Link';
import { AddressFields, AddressLine } from './AddressFields';
import { addressPointers, checkAddress, checkEmail, cleanAddress, UNKNOWN_RULES } from './address-rules';
import { emptyAddress, savedEntry, type Draft } from './draft';
import styles from './Form.module.css';
import type { DeliveryQuote } from './use-delivery-quote';

interface ContactStepProps {
  draft: Draft;
  onChange: (draft: Draft) => void;
  delivery: DeliveryQuote;
  /** True when the delivery that was chosen is for this address. */
  isDelivered: boolean;
  /** The server's field errors from placing the order. */
  serverErrors: FieldError[];
  onDone: () => void;
}

const POINTERS = addressPointers('checkout', '/address');

/** The errors of a request for the price of delivery, at the fields of the address. */
function quoteErrors(error: unknown, t: PurchaseMessages): FieldError[] {
  if (isProblem(error, 'no-delivery')) return [{ field: 'checkout-country', message: messageOf(error, t) }];
  return isStatus(error, 422) ? errorsOf(error, POINTERS, t) : [{ message: messageOf(error, t) }];
}

export function ContactStep({ draft, onChange, delivery, isDelivered, serverErrors, onDone }: ContactStepProps) {
  const t = usePurchaseMessages();
  const { data: account } = useAccount();
  const { data: rules = UNKNOWN_RULES } = useAddressRules(draft.address.country);
  const { data: saved } = useAddresses(Boolean(account));
  const [found, setFound] = useState<FieldError[] | null>(null);
  const [keep, setKeep] = useState(false);
  const save = useSaveAddress();
  const { notify } = useToasts();
  const errors = found ?? serverErrors;
  const entry = savedEntry(saved?.items, draft.address);

  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    const next = [...checkEmail(draft.email, 'checkout-email', t), ...checkAddress(draft.address, rules, 'checkout', t)];
    setFound(next);
    if (next.length > 0 || delivery.busy) return;
    let address = cleanAddress(draft.address);
    if (!isDelivered || errors.length > 0) {
      const outcome = await delivery.request(address, null);
      if (outcome.kind === 'problem') return setFound(quoteErrors(outcome.error, t));
      // The form in which the order will have it, such as the usual spacing of the postal code.
      if (outcome.kind === 'quoted' && outcome.quote.destination) address = { ...address, ...outcome.quote.destination };
    }
    onChange({ ...draft, address });
    if (account && keep && !entry) {
      save.mutate({ id: null, address }, { onError: (error) => notify({ kind: 'problem', text: messageOf(error, t) }) });
    }
    onDone();
  };

  return (
    <form className={styles.form} onSubmit={(event) => void onSubmit(event)} noValidate>
      <ErrorSummary errors={errors} />
      <TextField
        id="checkout-email"
        label={t.common.email}
        type="email"
        autoComplete="email"
        inputMode="email"
        maxLength={254}
        required
        hint={account ? undefined : t.checkout.emailHint}
        value={draft.email}
        error={errors.find((error) => error.field === 'checkout-email')?.message}
        onChange={(event) => onChange({ ...draft, email: event.target.value })}
      />
      {!account && (
        <p className={styles.hint}>
          {t.checkout.guest(<Link to="/login?next=%2Fcheckout">{t.shell.logIn}</Link>)}
        </p>
      )}
      {account && <AddressBook draft={draft} onChange={onChange} />}
      <AddressFields
        prefix="checkout"
        address={draft.address}
        errors={errors}
        onChange={(address) => onChange({ ...draft, address })}
      />
      {account && !entry && (
        <label className={styles.check}>
          <input type="checkbox" checked={keep} onChange={(event) => setKeep(event.target.checked)} />
          {t.checkout.saveAddress}
        </label>
      )}
      <Button type="submit" busy={delivery.busy}>{t.checkout.toDelivery}</Button>
    </form>
  );
}

function AddressBook({ draft, onChange }: { draft: Draft; onChange: (draft: Draft) => void }) {
  const t = usePurchaseMessages();
  const { data } = useAddresses();
  if (!data || data.items.length === 0) return null;
  const chosen = savedEntry(data.items, draft.address)?.id ?? '';
  return (
    <fieldset className={styles.choices}>
      <legend>{t.checkout.deliverTo}</legend>
      {data.items.map(({ id, ...address }) => (
        <label key={id} className={styles.choice}>
          <input type="radio" name="address-book" checked={chosen === id} onChange={() => onChange({ ...draft, address })} />
          <span className={styles.choiceName}>
            {address.name}
            <small><AddressLine address={address} /></small>
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
        <span className={styles.choiceName}>{t.checkout.otherAddress}</span>
      </label>
    </fieldset>
  );
}
