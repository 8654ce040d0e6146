import { useState } from 'react';
import { useAccount } from '../../api/account';
import { useShop } from '../../api/catalogue';
import { Failure, Loading, Skeleton } from '../../components/States';
import { ToastProvider } from '../../components/Toasts';
import { useLocation, useNavigate } from '../../router/hooks';
import { Outlet } from '../../router/Router';
import { Main, PageFrame } from '../../shell/PageFrame';
import styles from './AdminShell.module.css';
import { AdminError } from './AdminError';
import { CommandPalette } from './CommandPalette';
import { AdminHeader } from './AdminHeader';
import { currentItem } from './navigation';
import { NotAllowed, NotStaff } from './NotAllowed';
import { isStaff, useCan } from './permissions';
import { ShortcutHelp } from './ShortcutHelp';
import { Sidebar } from './Sidebar';
import { SignInPage } from './SignInPage';
import { useShortcuts } from './use-shortcuts';

export function AdminShell() {
  return (
    <ToastProvider>
      <Gate />
    </ToastProvider>
  );
}

/** Shows the admin to staff, and to everybody else how to become logged in. The URL stays, so that the page opens afterwards. */
function Gate() {
  const account = useAccount();
  useShop();
  if (account.isPending) {
    return <div className={styles.alone}><Loading label="Loading"><Skeleton width="12rem" height="2rem" /></Loading></div>;
  }
  // A failed refresh keeps the account, and with it the editors and what was typed in them.
  if (account.isLoadingError) {
    return <main className={styles.alone}><h1 className="visually-hidden">Admin</h1><Failure error={account.error} onRetry={() => void account.refetch()} title="The admin couldn't be loaded" /></main>;
  }
  if (!account.data) return <SignInPage />;
  if (!isStaff(account.data.roles)) return <NotStaff account={account.data} />;
  return <Frame />;
}

function Frame() {
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const navigate = useNavigate();
  useShortcuts({
    open: (path) => void navigate(path),
    palette: () => setPalette(true),
    search: () => focusSearch() || setPalette(true),
    note: focusNote,
    help: () => setHelp(true),
  });
  return (
    <PageFrame>
      <div className={styles.frame}>
        <Sidebar />
        <div className={styles.content}>
          <AdminHeader onSearch={() => setPalette(true)} onHelp={() => setHelp(true)} />
          <Content />
        </div>
      </div>
      <CommandPalette open={palette} onClose={() => setPalette(false)} onHelp={() => setHelp(true)} />
      <ShortcutHelp open={help} onClose={() => setHelp(false)} />
    </PageFrame>
  );
}

/** Focuses the search field of the page. Returns false for a page without one. */
function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>('main input[type="search"]');
  field?.focus();
  field?.select();
  return field !== null;
}

/** Focuses the field for a note, which the page of an order has. */
function focusNote(): void {
  document.querySelector<HTMLElement>('main [data-shortcut="note"]')?.focus();
}

function Content() {
  const can = useCan();
  const permission = currentItem(useLocation().pathname)?.permission;
  return <Main className={styles.main}>{permission && !can(permission) ? <NotAllowed /> : <Outlet ErrorPage={AdminError} />}</Main>;
}
