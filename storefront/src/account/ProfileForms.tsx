import { useState, type FormEvent } from 'react';
import { useChangePassword, useUpdateProfile } from '../api/account';
import type { Account } from '../api/types';
import { Button } from '../components/Button';
import { ErrorSummary, TextField, type FieldError } from '../components/Field';
import { errorsOf } from '../components/form-errors';
import { useToasts } from '../components/Toasts';
import styles from './account.module.css';
import { checkPassword } from './password';

export function ProfileForm({ account }: { account: Account }) {
  const [name, setName] = useState(account.name);
  const [errors, setErrors] = useState<FieldError[]>([]);
  const update = useUpdateProfile();
  const { notify } = useToasts();
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '') return setErrors([{ field: 'profile-name', message: 'Enter your name.' }]);
    setErrors([]);
    update.mutate({ name: name.trim(), version: account.version }, {
      onSuccess: () => notify({ text: 'Profile saved.' }),
      onError: (error) => setErrors(errorsOf(error, { '/name': 'profile-name' })),
    });
  };
  return (
    <form className={styles.form} onSubmit={onSubmit} noValidate>
      <ErrorSummary errors={errors} />
      <TextField id="profile-name" label="Name" autoComplete="name" maxLength={120} required value={name} error={errors.find((error) => error.field)?.message} onChange={(event) => setName(event.target.value)} />
      <Button type="submit" look="secondary" busy={update.isPending}>Save profile</Button>
    </form>
  );
}

const FIELDS = { '/current': 'password-current', '/new': 'password-new' };

export function PasswordForm() {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [errors, setErrors] = useState<FieldError[]>([]);
  const change = useChangePassword();
  const { notify } = useToasts();
  const errorOf = (field: string) => errors.find((error) => error.field === field)?.message;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const found: FieldError[] = [];
    if (current === '') found.push({ field: FIELDS['/current'], message: 'Enter your current password.' });
    found.push(...checkPassword(next, FIELDS['/new']));
    setErrors(found);
    if (found.length > 0) return;
    change.mutate({ current, new: next }, {
      onSuccess: () => {
        setCurrent('');
        setNext('');
        notify({ text: 'Password changed. Your other devices have been logged out.' });
      },
      onError: (error) => setErrors(errorsOf(error, FIELDS)),
    });
  };
  return (
    <form className={styles.form} onSubmit={onSubmit} noValidate>
      <ErrorSummary errors={errors} />
      <TextField id="password-current" label="Current password" type="password" autoComplete="current-password" required value={current} error={errorOf('password-current')} onChange={(event) => setCurrent(event.target.value)} />
      <TextField id="password-new" label="New password" type="password" autoComplete="new-password" hint="At least 10 characters." maxLength={256} required value={next} error={errorOf('password-new')} onChange={(event) => setNext(event.target.value)} />
      <Button type="submit" look="secondary" busy={change.isPending}>Change password</Button>
    </form>
  );
}
