import { useState, type FormEvent } from 'react';
import { useAccount, useLogin } from '../api/account';
import { safeNext } from '../account/next';
import { Button } from '../components/Button';
import { ErrorSummary, TextField, type FieldError } from '../components/Field';
import { errorsOf } from '../components/form-errors';
import { useToasts } from '../components/Toasts';
import { useNavigate, useSearchParams } from '../router/hooks';
import { Link, Navigate } from '../router/Link';
import { usePageTitle } from '../shell/page-title';
import { usePurchaseMessages } from '../messages/messages';
import styles from './SignInPages.module.css';

export default function LoginPage() {
  const t = usePurchaseMessages();
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

  if (account && !login.isPending && !login.isSuccess) return <Navigate to={next} />;

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const found: FieldError[] = [];
    if (email.trim() === '') found.push({ field: 'login-email', message: t.account.noEmail });
    if (password === '') found.push({ field: 'login-password', message: t.account.noPassword });
    setErrors(found);
    if (found.length > 0) return;
    login.mutate({ email: email.trim(), password }, {
      onSuccess: (session) => {
        notify({ text: t.account.welcomeBack(session.account.name.split(' ')[0] ?? '') });
        void navigate(next, { replace: true });
      },
      onError: (error) => setErrors(errorsOf(error, { '/email': 'login-email', '/password': 'login-password' }, t)),
    });
  };

  return (
    <div className={`page ${styles.page}`}>
      <h1>{t.account.logIn}</h1>
      <form className={styles.form} onSubmit={onSubmit} noValidate>
        <ErrorSummary errors={errors} />
        <TextField id="login-email" label={t.common.email} type="email" autoComplete="username" inputMode="email" required value={email} error={errorOf('login-email')} onChange={(event) => setEmail(event.target.value)} />
        <TextField id="login-password" label={t.account.password} type="password" autoComplete="current-password" required value={password} error={errorOf('login-password')} onChange={(event) => setPassword(event.target.value)} />
        <Button type="submit" wide busy={login.isPending}>{t.account.logIn}</Button>
      </form>
      <p>{t.account.newHere} <Link to={`/register?next=${encodeURIComponent(next)}`}>{t.account.create}</Link></p>
    </div>
  );
}
