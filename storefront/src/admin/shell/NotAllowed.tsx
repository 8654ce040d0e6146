import { problemText } from '../messages/problems';
import type { Account } from '../../api/types';
import { Button } from '../../components/Button';
import { Empty } from '../../components/States';
import { useToasts } from '../../components/Toasts';
import { useStaffLogout } from '../api/session';
import { useAdminTitle } from '../components/Page';
import styles from './AdminShell.module.css';

/** Shown to a customer's account, in place of the whole admin. */
export function NotStaff({ account }: { account: Account }) {
  useAdminTitle('No access');
  const logout = useStaffLogout();
  const { notify } = useToasts();
  return (
    <main className={styles.alone}>
      <h1>This account has no access</h1>
      <p>You are logged in as {account.name} ({account.email}). The admin is for the shop's staff only.</p>
      <p>If you work here, ask an admin of the shop to give your account a role, or log in with another account.</p>
      <Button busy={logout.isPending} onClick={() => logout.mutate(undefined, { onError: (error) => notify({ kind: 'problem', text: problemText(error) }) })}>
        Log in with another account
      </Button>
      <p><a href="/">Go to the shop</a></p>
    </main>
  );
}

/** Shown in place of a page that the account's role does not include. */
export function NotAllowed() {
  useAdminTitle('No access');
  return (
    <Empty title="Your role doesn't include this page">
      <h1 className="visually-hidden">No access</h1>
      <p>An admin of the shop can change the role of your account.</p>
    </Empty>
  );
}
