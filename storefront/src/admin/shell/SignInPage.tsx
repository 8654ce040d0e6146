import { useEffect, useRef, useState, type FormEvent } from 'react';
import { useLogin } from '../../api/account';
import { useShop } from '../../api/catalogue';
import { Button } from '../../components/Button';
import { ErrorSummary, TextField, type FieldError } from '../../components/Field';
import { useLocation, useNavigate } from '../../router/hooks';
import { Link } from '../../router/Link';
import { formErrors } from '../messages/problems';
import { useToasts } from '../../components/Toasts';
import { useCreateFirstAdmin } from '../api/session';
import { useAdminTitle } from '../components/Page';
import styles from './AdminShell.module.css';
import { codeFromLink, SETUP_PATH } from './setup-link';
import form from './SignInPage.module.css';

export function SignInPage() {
  const isFirstStart = useLocation().pathname === SETUP_PATH;
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef(isFirstStart);
  const { data: shop } = useShop();
  useAdminTitle(isFirstStart ? 'Set up the first admin' : 'Log in');
  useEffect(() => {
    // The link that had the focus is gone when the other form is opened.
    if (shown.current === isFirstStart) return;
    shown.current = isFirstStart;
    heading.current?.focus();
  }, [isFirstStart]);
  return (
    <main className={styles.alone}>
      <header>
        <p className={form.shop}>{shop?.name ?? 'Your shop'}</p>
        <h1 ref={heading} tabIndex={-1}>{isFirstStart ? 'Set up the first admin' : 'Log in to the admin'}</h1>
      </header>
      {isFirstStart ? <FirstAdminForm /> : <LoginForm />}
      <p>
        {isFirstStart
          ? <Link to="/">Log in with an existing account</Link>
          : <>New shop? <Link to={SETUP_PATH}>Set up the first admin</Link></>}
      </p>
      <p><a href="/">Go to the shop</a></p>
    </main>
  );
}

function LoginForm() {
  const login = useLogin();
  const { notify } = useToasts();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [errors, setErrors] = useState<FieldError[]>([]);
  const errorOf = (field: string) => errors.find((error) => error.field === field)?.message;

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const found: FieldError[] = [];
    if (email.trim() === '') found.push({ field: 'login-email', message: 'Enter your email address.' });
    if (password === '') found.push({ field: 'login-password', message: 'Enter your password.' });
    setErrors(found);
    if (found.length > 0) return;
    login.mutate({ email: email.trim(), password }, {
      onSuccess: ({ account }) => notify({ text: `Welcome back, ${account.name.split(' ')[0]}!` }),
      onError: (error) => setErrors(formErrors(error, { '/email': 'login-email', '/password': 'login-password' })),
    });
  };

  return (
    <form className={form.form} onSubmit={onSubmit} noValidate>
      <ErrorSummary errors={errors} />
      <TextField id="login-email" label="Email" type="email" autoComplete="username" inputMode="email" required value={email} error={errorOf('login-email')} onChange={(event) => setEmail(event.target.value)} />
      <TextField id="login-password" label="Password" type="password" autoComplete="current-password" required value={password} error={errorOf('login-password')} onChange={(event) => setPassword(event.target.value)} />
      <Button type="submit" wide busy={login.isPending}>Log in</Button>
    </form>
  );
}

const FIRST_ADMIN_FIELDS = { '/code': 'first-code', '/name': 'first-name', '/email': 'first-email', '/password': 'first-password' };

function FirstAdminForm() {
  const create = useCreateFirstAdmin();
  const { notify } = useToasts();
  const { pathname, search, hash } = useLocation();
  const navigate = useNavigate();
  const [input, setInput] = useState({ code: codeFromLink(hash), name: '', email: '', password: '' });
  const [errors, setErrors] = useState<FieldError[]>([]);
  const field = (name: keyof typeof input) => ({
    id: `first-${name}`,
    required: true,
    value: input[name],
    error: errors.find((error) => error.field === `first-${name}`)?.message,
    onChange: (event: { target: { value: string } }) => setInput({ ...input, [name]: event.target.value }),
  });

  useEffect(() => {
    // The code is a secret: it does not stay in the address bar and in the history of the tab.
    if (hash) void navigate(pathname + search, { replace: true });
  }, [pathname, search, hash, navigate]);

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const found: FieldError[] = [];
    if (input.code.trim() === '') found.push({ field: 'first-code', message: 'Enter the one-time code.' });
    if (input.name.trim() === '') found.push({ field: 'first-name', message: 'Enter your name.' });
    if (input.email.trim() === '') found.push({ field: 'first-email', message: 'Enter your email address.' });
    if (input.password.length < 10) found.push({ field: 'first-password', message: 'Choose a password of at least 10 characters.' });
    setErrors(found);
    if (found.length > 0) return;
    create.mutate({ ...input, code: input.code.trim(), name: input.name.trim(), email: input.email.trim() }, {
      onSuccess: ({ account }) => notify({ text: `Welcome, ${account.name.split(' ')[0]}! You are the first admin.` }),
      onError: (error) => setErrors(formErrors(error, FIRST_ADMIN_FIELDS)),
    });
  };

  return (
    <form className={form.form} onSubmit={onSubmit} noValidate>
      <p>The shop prints a one-time code when it starts, until somebody uses it. It makes the first account, which can give roles to others.</p>
      <ErrorSummary errors={errors} />
      <TextField {...field('code')} label="One-time code" autoComplete="off" autoCapitalize="off" spellCheck={false} />
      <TextField {...field('name')} label="Your name" autoComplete="name" maxLength={120} />
      <TextField {...field('email')} label="Email" type="email" autoComplete="username" inputMode="email" />
      <TextField {...field('password')} label="Password" type="password" autoComplete="new-password" hint="At least 10 characters." />
      <Button type="submit" wide busy={create.isPending}>Create the first admin</Button>
    </form>
  );
}
