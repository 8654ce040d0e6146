import { useState, type FormEvent } from 'react';
import { Link, Navigate, useNavigate, useSearchParams } from 'react-router';
import { useAccount, useRegister } from '../api/account';
import { isProblem } from '../api/problem';
import { safeNext } from '../account/next';
import { checkPassword } from '../account/password';
import { checkEmail } from '../checkout/address-rules';
import { Button } from '../components/Button';
import { ErrorSummary, TextField, type FieldError } from '../components/Field';
import { errorsOf } from '../components/form-errors';
import { useToasts } from '../components/Toasts';
import { usePageTitle } from '../shell/page-title';
import styles from './SignInPages.module.css';

const FIELDS = { '/name': 'register-name', '/email': 'register-email', '/password': 'register-password' };

export default function RegisterPage() {
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

  if (account && !register.isPending && !register.isSuccess) return <Navigate to={next} replace />;

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const found: FieldError[] = [];
    if (form.name.trim() === '') found.push({ field: FIELDS['/name'], message: 'Enter your name.' });
    found.push(...checkEmail(form.email, FIELDS['/email']), ...checkPassword(form.password, FIELDS['/password']));
    setErrors(found);
    if (found.length > 0) return;
    register.mutate({ name: form.name.trim(), email: form.email.trim(), password: form.password }, {
      onSuccess: () => {
        notify({ text: 'Account created.' });
        void navigate(next, { replace: true });
      },
      onError: (error) =>
        setErrors(isProblem(error, 'email-taken')
          ? [{ field: FIELDS['/email'], message: error.message }]
          : errorsOf(error, FIELDS)),
    });
  };

  return (
    <div className={`page ${styles.page}`}>
      <h1>Create account</h1>
      <p>See all your orders, save addresses and write reviews.</p>
      <form className={styles.form} onSubmit={onSubmit} noValidate>
        <ErrorSummary errors={errors} />
        <TextField id="register-name" label="Name" autoComplete="name" maxLength={120} required value={form.name} error={errorOf('register-name')} onChange={(event) => setForm({ ...form, name: event.target.value })} />
        <TextField id="register-email" label="Email" type="email" autoComplete="username" inputMode="email" maxLength={254} required value={form.email} error={errorOf('register-email')} onChange={(event) => setForm({ ...form, email: event.target.value })} />
        <TextField id="register-password" label="Password" type="password" autoComplete="new-password" hint="At least 10 characters. A phrase of a few words works well." maxLength={256} required value={form.password} error={errorOf('register-password')} onChange={(event) => setForm({ ...form, password: event.target.value })} />
        <Button type="submit" wide busy={register.isPending}>Create account</Button>
      </form>
      <p>Already have an account? <Link to={`/login?next=${encodeURIComponent(next)}`}>Log in</Link></p>
    </div>
  );
}
