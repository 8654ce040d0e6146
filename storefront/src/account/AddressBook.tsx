import { useState, type FormEvent } from 'react';
import { useAddresses, useDeleteAddress, useSaveAddress } from '../api/account';
import { useShop } from '../api/catalogue';
import { messageOf } from '../api/problem';
import { useAddressRules } from '../api/shipping';
import type { Address, SavedAddress } from '../api/types';
import { addressPointers, checkAddress, cleanAddress, UNKNOWN_RULES } from '../checkout/address-rules';
import { AddressFields, AddressText } from '../checkout/AddressFields';
import { emptyAddress } from '../checkout/draft';
import { Button, TextButton } from '../components/Button';
import { ErrorSummary, type FieldError } from '../components/Field';
import { errorsOf } from '../components/form-errors';
import { useToasts } from '../components/Toasts';
import { Failure, Loading, Skeleton } from '../components/States';
import { usePurchaseMessages } from '../messages/messages';
import styles from './account.module.css';

export function AddressBook() {
  const t = usePurchaseMessages();
  const addresses = useAddresses();
  const { data: shop } = useShop();
  const [editing, setEditing] = useState<string | 'new' | null>(null);
  if (addresses.isPending) return <Loading label={t.account.loadingAddresses}><Skeleton height="6rem" /></Loading>;
  if (addresses.isError) return <Failure error={addresses.error} onRetry={() => void addresses.refetch()} title={t.account.addressesNotLoaded} />;
  const items = addresses.data.items;
  return (
    <>
      {items.length === 0 && editing === null && <p className={styles.soft}>{t.account.noAddresses}</p>}
      {items.length > 0 && (
        <ul className={styles.list}>
          {items.map((saved) => (
            <li key={saved.id}>
              {editing === saved.id
                ? <AddressForm saved={saved} initial={saved} onDone={() => setEditing(null)} />
                : <Entry saved={saved} onEdit={() => setEditing(saved.id)} />}
            </li>
          ))}
        </ul>
      )}
      {editing === 'new'
        ? <AddressForm saved={null} initial={emptyAddress(shop?.country ?? '')} onDone={() => setEditing(null)} />
        : <p><Button look="secondary" onClick={() => setEditing('new')}>{t.account.addAddress}</Button></p>}
    </>
  );
}

function Entry({ saved, onEdit }: { saved: SavedAddress; onEdit: () => void }) {
  const t = usePurchaseMessages();
  const remove = useDeleteAddress();
  const { notify } = useToasts();
  const onRemove = () =>
    remove.mutate(saved.id, {
      onSuccess: () => notify({ text: t.account.addressRemoved }),
      onError: (error) => notify({ kind: 'problem', text: messageOf(error, t) }),
    });
  return (
    <div className={styles.row}>
      <AddressText address={saved} />
      <div className={styles.actions}>
        <TextButton aria-label={t.account.editAddressOf(saved.line1)} onClick={onEdit}>{t.common.edit}</TextButton>
        <TextButton aria-label={t.account.removeAddressOf(saved.line1)} onClick={onRemove}>{t.common.remove}</TextButton>
      </div>
    </div>
  );
}

function AddressForm({ saved, initial, onDone }: { saved: SavedAddress | null; initial: Address; onDone: () => void }) {
  const t = usePurchaseMessages();
  const [address, setAddress] = useState<Address>(initial);
  const { data: rules = UNKNOWN_RULES } = useAddressRules(address.country);
  const [errors, setErrors] = useState<FieldError[]>([]);
  const save = useSaveAddress();
  const { notify } = useToasts();
  const prefix = `address-${saved?.id ?? 'new'}`;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const found = checkAddress(address, rules, prefix, t);
    setErrors(found);
    if (found.length > 0) return;
    save.mutate({ id: saved?.id ?? null, address: cleanAddress(address) }, {
      onSuccess: () => {
        notify({ text: t.account.addressSaved });
        onDone();
      },
      onError: (error) => setErrors(errorsOf(error, addressPointers(prefix, ''), t)),
    });
  };
  return (
    <form className={styles.form} onSubmit={onSubmit} noValidate aria-label={saved ? t.account.editAddress : t.account.newAddress}>
      <ErrorSummary errors={errors} />
      <AddressFields prefix={prefix} address={address} errors={errors} onChange={setAddress} />
      <div className={styles.actions}>
        <Button type="submit" busy={save.isPending}>{t.account.saveAddress}</Button>
        <Button look="quiet" onClick={onDone}>{t.common.cancel}</Button>
      </div>
    </form>
  );
}
