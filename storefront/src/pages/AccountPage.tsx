import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useAccount } from '../api/account';
import { refreshSession } from '../api/client';
import type { Account } from '../api/types';
import { AddressBook } from '../account/AddressBook';
import { OrderList } from '../account/OrderList';
import { PasswordForm, ProfileForm } from '../account/ProfileForms';
import { SessionList } from '../account/SessionList';
import { Failure, Loading, Skeleton } from '../components/States';
import { useLocation } from '../router/hooks';
import { Navigate } from '../router/Link';
import { usePageTitle } from '../shell/page-title';
import { usePurchaseMessages } from '../messages/messages';
import { useFormats } from '../messages/formats';
import styles from './AccountPage.module.css';

export default function AccountPage() {
  usePageTitle();
  const account = useAccount();
  if (account.isError) return <div className="page"><Failure error={account.error} onRetry={() => void account.refetch()} /></div>;
  if (account.data) return <AccountView account={account.data} />;
  if (account.isPending) return <AccountSkeleton />;
  return <SessionRecovery />;
}

/**
 * The session hint is gone (cleared storage), but the session cookie, which scripts cannot read, may
 * still be valid: one refresh decides before the redirect to the login page.
 */
function SessionRecovery() {
  const client = useQueryClient();
  const [refused, setRefused] = useState(false);
  useEffect(() => {
    refreshSession().then(
      (known) => (known ? client.invalidateQueries({ queryKey: ['/api/v1/me'] }) : setRefused(true)),
      () => setRefused(true),
    );
  }, [client]);
  return refused ? <Navigate to="/login?next=%2Faccount" /> : <AccountSkeleton />;
}

function AccountSkeleton() {
  const t = usePurchaseMessages();
  return (
    <div className={`page ${styles.page}`}>
      <Loading label={t.account.loading}><Skeleton width="50%" height="3rem" /><Skeleton height="20rem" style={{ marginTop: '2rem' }} /></Loading>
    </div>
  );
}

const SECTIONS = ['orders', 'profile', 'addresses', 'password', 'sessions'] as const;

function AccountView({ account }: { account: Account }) {
  const t = usePurchaseMessages();
  const formats = useFormats();
  const { hash } = useLocation();
  useEffect(() => {
    // The browser cannot scroll to the fragment by itself: the sections do not exist until this chunk has rendered.
    if (hash) document.getElementById(hash.slice(1))?.scrollIntoView();
  }, [hash]);
  return (
    <div className={`page ${styles.page}`}>
      <header>
        <h1>{account.name}</h1>
        <p className={styles.soft}>{t.account.memberSince(account.email, formats.date(account.created_at))}</p>
      </header>
      <div className={styles.layout}>
        <nav aria-label={t.account.sections} className={styles.nav}>
          <ul className={styles.links}>
            {SECTIONS.map((id) => <li key={id}><a href={`#${id}`}>{t.account[id]}</a></li>)}
          </ul>
        </nav>
        <div className={styles.sections}>
          <section id="orders" aria-labelledby="orders-title"><h2 id="orders-title">{t.account.orders}</h2><OrderList /></section>
          <section id="profile" aria-labelledby="profile-title"><h2 id="profile-title">{t.account.profile}</h2><ProfileForm key={account.version} account={account} /></section>
          <section id="addresses" aria-labelledby="addresses-title"><h2 id="addresses-title">{t.account.addresses}</h2><AddressBook /></section>
          <section id="password" aria-labelledby="password-title"><h2 id="password-title">{t.account.password}</h2><PasswordForm /></section>
          <section id="sessions" aria-labelledby="sessions-title"><h2 id="sessions-title">{t.account.activeSessions}</h2><SessionList /></section>
        </div>
      </div>
    </div>
  );
}
