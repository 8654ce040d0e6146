import { useAccount, useLogout } from '../api/account';
import { messageOf } from '../api/problem';
import { Icon } from '../components/Icon';
import { useToasts } from '../components/Toasts';
import { useDisclosure } from '../components/use-disclosure';
import { useMessages } from '../messages/messages';
import { useLocation, useNavigate } from '../router/hooks';
import { Link } from '../router/Link';
import menu from './AccountMenu.module.css';
import styles from './Header.module.css';

export function AccountMenu() {
  const t = useMessages();
  const { data: account } = useAccount();
  const { pathname, search } = useLocation();
  if (account) return <OpenableMenu name={account.name} email={account.email} />;
  const next = pathname === '/login' || pathname === '/register' ? '' : `?next=${encodeURIComponent(pathname + search)}`;
  return (
    <Link to={`/login${next}`} className={styles.action}>
      <Icon name="person" size={22} />
      <span className={styles.actionText}>{t.shell.logIn}</span>
    </Link>
  );
}

/** A disclosure with plain links, which screen readers handle better than an ARIA menu. */
function OpenableMenu({ name, email }: { name: string; email: string }) {
  const t = useMessages();
  const { open, setOpen, box, button } = useDisclosure();
  const logout = useLogout();
  const navigate = useNavigate();
  const { notify } = useToasts();

  const onLogout = () =>
    logout.mutate(undefined, {
      onSuccess: () => {
        notify({ text: t.shell.loggedOut });
        void navigate('/');
      },
      onError: (error) => notify({ kind: 'problem', text: messageOf(error, t) }),
    });

  return (
    <div ref={box} className={menu.box}>
      <button
        ref={button}
        type="button"
        className={styles.action}
        aria-expanded={open}
        aria-controls="account-menu"
        aria-label={t.shell.accountOf(name)}
        onClick={() => setOpen(!open)}
      >
        <Icon name="person" size={22} />
        <span className={styles.actionText}>{name.split(' ')[0]}</span>
      </button>
      <div id="account-menu" className={menu.panel} hidden={!open}>
        <p className={menu.who}>
          <strong>{name}</strong>
          <span>{email}</span>
        </p>
        <ul className={menu.list}>
          <li><Link to="/account#orders">{t.shell.orders}</Link></li>
          <li><Link to="/account#profile">{t.shell.profile}</Link></li>
          <li><Link to="/account#addresses">{t.shell.addresses}</Link></li>
          <li><button type="button" onClick={onLogout}>{t.shell.logOut}</button></li>
        </ul>
      </div>
    </div>
  );
}
