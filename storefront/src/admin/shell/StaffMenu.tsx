import { useAccount } from '../../api/account';
import { problemText } from '../messages/problems';
import { Icon } from '../../components/Icon';
import { useToasts } from '../../components/Toasts';
import { useDisclosure } from '../../components/use-disclosure';
import menu from '../../shell/AccountMenu.module.css';
import { useStaffLogout } from '../api/session';
import { ROLE } from '../messages/en';
import styles from './AdminHeader.module.css';
import { singleKey } from './shortcuts';

/** A disclosure with plain links, which screen readers handle better than an ARIA menu. */
export function StaffMenu({ onHelp }: { onHelp: () => void }) {
  const { data: account } = useAccount();
  const { open, setOpen, box, button } = useDisclosure();
  const logout = useStaffLogout();
  const { notify } = useToasts();

  if (!account) return null;
  const onLogout = () => logout.mutate(undefined, { onError: (error) => notify({ kind: 'problem', text: problemText(error) }) });
  const roles = account.roles.filter((role) => role !== 'customer').map((role) => ROLE[role].label);
  return (
    <div ref={box} className={menu.box}>
      <button ref={button} type="button" className={styles.action} aria-expanded={open} aria-controls="staff-menu" aria-label={`Your account, ${account.name}`} onClick={() => setOpen(!open)}>
        <Icon name="person" size={22} />
        <span className={styles.name}>{account.name.split(' ')[0]}</span>
      </button>
      <div id="staff-menu" className={menu.panel} hidden={!open}>
        <p className={menu.who}>
          <strong>{account.name}</strong>
          <span>{account.email}</span>
          <span>{roles.join(', ')}</span>
        </p>
        <ul className={menu.list}>
          <li><a href="/">View shop</a></li>
          <li><a href="/account#profile">Profile and password</a></li>
          <li>
            <button
              type="button"
              aria-keyshortcuts={singleKey('?')}
              onClick={() => {
                setOpen(false);
                onHelp();
              }}
            >
              Keyboard shortcuts
            </button>
          </li>
          <li><button type="button" onClick={onLogout}>Log out</button></li>
        </ul>
      </div>
    </div>
  );
}
