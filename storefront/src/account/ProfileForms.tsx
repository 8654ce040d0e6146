import { useState, type FormEvent } from 'react';
import { useChangePassword, useUpdateProfile } from '../api/account';
import type { Account } from '../api/types';
import { Button } from '../components/Button';
import { ErrorSummary, TextField, type FieldError } from '../components/Field';
import { errorsOf } from '../components/form-errors';
import { useToasts } from '../components/Toasts';
import { usePurchaseMessages } from '../messages/messages';
import styles from './account.module.css';
import { checkPassword, MIN_PASSWORD_LENGTH } from './password';

export function ProfileForm({ account }: { account: Account }) {
  const t = usePurchaseMessages();
  const [name, setName] = useState(account.name);
  const [errors, setErrors] = useState<FieldError[]>([]);
  const update = useUpdateProfile();
  const { notify } = useToasts();
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '') return setErrors([{ field: 'profile-name', message: t.account.noName }]);
    setErrors([]);
    update.mutate({ name: name.trim(), version: account.version }, {
      onSuccess: () => notify({ text: t.account.profileSaved }),
      onError: (error) => setErrors(errorsOf(error, { '/name': 'profile-name' }, t)),
    });
  };
  return (
    <form className={styles.form} onSubmit={onSubmit} noValidate>
      <ErrorSummary errors={errors} />
      <TextField id="profile-name" label={t.common.name} autoComplete="name" maxLength={120} required value={name} error={errors.find((error) => error.field)?.message} onChange={(event) => setName(event.target.value)} />
      <Button type="submit" look="secondary" busy={update.isPending}>{t.account.saveProfile}</Button>
    </form>
  );
}

const FIELDS = { '/current': 'password-current', '/new': 'password-new' };

export function PasswordForm() {
  const t = usePurchaseMessages();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [errors, setErrors] = useState<FieldError[]>([]);
  const change = useChangePassword();
  const { notify } = useToasts();
  const errorOf = (field: string) => errors.find((error) => error.field === field)?.message;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const found: FieldError[] = [];
    if (current === '') found.push({ field: FIELDS['/current'], message: t.account.noCurrentPassword });
    found.push(...checkPassword(next, FIELDS['/new'], t));
    setErrors(found);
    if (found.length > 0) return;
    change.mutate({ current, new: next }, {
      onSuccess: () => {
        setCurrent('');
        setNext('');
        notify({ text: t.account.passwordChanged });
      },
      onError: (error) => setErrors(errorsOf(error, FIELDS, t)),
    });
  };
  return (
    <form className={styles.form} onSubmit={onSubmit} noValidate>
      <ErrorSummary errors={errors} />
      <TextField id="password-current" label={t.account.currentPassword} type="password" autoComplete="current-password" required value={current} error={errorOf('password-current')} onChange={(event) => setCurrent(event.target.value)} />
      <TextField id="password-new" label={t.account.newPassword} type="password" autoComplete="new-password" hint={t.account.passwordHint(MIN_PASSWORD_LENGTH)} maxLength={256} required value={next} error={errorOf('password-new')} onChange={(event) => setNext(event.target.value)} />
      <Button type="submit" look="secondary" busy={change.isPending}>{t.account.changePassword}</Button>
    </form>
  );
}
