import { useState, type FormEvent } from 'react';
import { useAccount, useRegister } from '../api/account';
import { isProblem, messageOf } from '../api/problem';
import { safeNext } from '../account/next';
import { checkPassword, MIN_PASSWORD_LENGTH } from '../account/password';
import { checkEmail } from '../checkout/address-rules';
import { Button } from '../components/Button';
import { ErrorSummary, TextField, type FieldError } from '../components/Field';
import { errorsOf } from '../components/form-errors';
import { useToasts } from '../components/Toasts';
import { useNavigate, useSearchParams } from '../router/hooks';
import { Link, Navigate } from '../router/Link';
import { usePageTitle } from '../shell/page-title';
import { usePurchaseMessages } from '../messages/messages';
import styles from './SignInPages.module.css';

const FIELDS = { '/name': 'register-name', '/email': 'register-email', '/password': 'register-password' };

export default function RegisterPage() {
  const t = usePurchaseMessages();
  usePageTitle();
  const [params] = useSearchParams();
  const next = safeNext(params.get('next'));
  const { data: account } = useAccount();
  const register = useRegister();
  const navigate = useNavigate();
  const { notify } = useToasts();
  const [form, setForm] = useState({ name: '', email: '', password: '' });
  const [errors, setErrors] = useState<FieldError[]>([]);
  const errorOf = (field: string) => errors.find((error) => error.field === field)?.message;

  if (account && !register.isPending && !register.isSuccess) return <Navigate to={next} />;

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const found: FieldError[] = [];
    if (form.name.trim() === '') found.push({ field: FIELDS['/name'], message: t.account.noName });
    found.push(...checkEmail(form.email, FIELDS['/email'], t), ...checkPassword(form.password, FIELDS['/password'], t));
    setErrors(found);
    if (found.length > 0) return;
    register.mutate({ name: form.name.trim(), email: form.email.trim(), password: form.password }, {
      onSuccess: () => {
        notify({ text: t.account.created });
        void navigate(next, { replace: true });
      },
      onError: (error) =>
        setErrors(isProblem(error, 'email-taken')
          ? [{ field: FIELDS['/email'], message: messageOf(error, t) }]
          : errorsOf(error, FIELDS, t)),
    });
  };

  return (
    <div className={`page ${styles.page}`}>
      <h1>{t.account.create}</h1>
      <p>{t.account.createText}</p>
      <form className={styles.form} onSubmit={onSubmit} noValidate>
        <ErrorSummary errors={errors} />
        <TextField id="register-name" label={t.common.name} autoComplete="name" maxLength={120} required value={form.name} error={errorOf('register-name')} onChange={(event) => setForm({ ...form, name: event.target.value })} />
        <TextField id="register-email" label={t.common.email} type="email" autoComplete="username" inputMode="email" maxLength={254} required value={form.email} error={errorOf('register-email')} onChange={(event) => setForm({ ...form, email: event.target.value })} />
        <TextField id="register-password" label={t.account.password} type="password" autoComplete="new-password" hint={t.account.passwordHintPhrase(MIN_PASSWORD_LENGTH)} maxLength={256} required value={form.password} error={errorOf('register-password')} onChange={(event) => setForm({ ...form, password: event.target.value })} />
        <Button type="submit" wide busy={register.isPending}>{t.account.create}</Button>
      </form>
      <p>{t.account.haveAccount} <Link to={`/login?next=${encodeURIComponent(next)}`}>{t.account.logIn}</Link></p>
    </div>
  );
}
