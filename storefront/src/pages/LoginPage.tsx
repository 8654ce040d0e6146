import { useState, type FormEvent } from 'react';
import { Link, Navigate, useNavigate, useSearchParams } from 'react-router';
import { useAccount, useLogin } from '../api/account';
import { safeNext } from '../account/next';
import { Button } from '../components/Button';
import { ErrorSummary, TextField, type FieldError } from '../components/Field';
import { errorsOf } from '../components/form-errors';
import { useToasts } from '../components/Toasts';
import { usePageTitle } from '../shell/page-title';
import styles from './SignInPages.module.css';

export default function LoginPage() {
  usePageTitle();
  const [params] = useSearchParams();
  const next = safeNext(params.get('next'));
  const { data: account } = useAccount();
  const login = useLogin();
  const navigate = useNavigate();
  const { notify } = useToasts();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [errors, setErrors] = useState<FieldError[]>([]);
  const errorOf = (field: string) => errors.find((error) => error.field === field)?.message;

  if (account && !login.isPending && !login.isSuccess) return <Navigate to={next} replace />;

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const found: FieldError[] = [];
    if (email.trim() === '') found.push({ field: 'login-email', message: 'Enter your email address.' });
    if (password === '') found.push({ field: 'login-password', message: 'Enter your password.' });
    setErrors(found);
    if (found.length > 0) return;
    login.mutate({ email: email.trim(), password }, {
      onSuccess: (session) => {
        notify({ text: `Welcome back, ${session.account.name.split(' ')[0]}!` });
        void navigate(next, { replace: true });
      },
      onError: (error) => setErrors(errorsOf(error, { '/email': 'login-email', '/password': 'login-password' })),
    });
  };

  return (
    <div className={`page ${styles.page}`}>
      <h1>Log in</h1>
      <form className={styles.form} onSubmit={onSubmit} noValidate>
        <ErrorSummary errors={errors} />
        <TextField id="login-email" label="Email" type="email" autoComplete="username" inputMode="email" required value={email} error={errorOf('login-email')} onChange={(event) => setEmail(event.target.value)} />
        <TextField id="login-password" label="Password" type="password" autoComplete="current-password" required value={password} error={errorOf('login-password')} onChange={(event) => setPassword(event.target.value)} />
        <Button type="submit" wide busy={login.isPending}>Log in</Button>
      </form>
      <p>New here? <Link to={`/register?next=${encodeURIComponent(next)}`}>Create account</Link></p>
    </div>
  );
}
