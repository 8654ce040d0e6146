import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Navigate, useLocation } from 'react-router';
import { useAccount } from '../api/account';
import { refreshSession } from '../api/client';
import type { Account } from '../api/types';
import { AddressBook } from '../account/AddressBook';
import { OrderList } from '../account/OrderList';
import { PasswordForm, ProfileForm } from '../account/ProfileForms';
import { SessionList } from '../account/SessionList';
import { Failure, Loading, Skeleton } from '../components/States';
import { formatDate } from '../components/dates';
import { usePageTitle } from '../shell/page-title';
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
  return refused ? <Navigate to="/login?next=%2Faccount" replace /> : <AccountSkeleton />;
}

function AccountSkeleton() {
  return (
    <div className={`page ${styles.page}`}>
      <Loading label="Loading your account"><Skeleton width="50%" height="3rem" /><Skeleton height="20rem" style={{ marginTop: '2rem' }} /></Loading>
    </div>
  );
}

const SECTIONS = [
  ['orders', 'Orders'],
  ['profile', 'Profile'],
  ['addresses', 'Addresses'],
  ['password', 'Password'],
  ['sessions', 'Sessions'],
] as const;

function AccountView({ account }: { account: Account }) {
  const { hash } = useLocation();
  useEffect(() => {
    // The browser cannot scroll to the fragment by itself: the sections do not exist until this chunk has rendered.
    if (hash) document.getElementById(hash.slice(1))?.scrollIntoView();
  }, [hash]);
  return (
    <div className={`page ${styles.page}`}>
      <header>
        <h1>{account.name}</h1>
        <p className={styles.soft}>{account.email}, member since {formatDate(account.created_at)}</p>
      </header>
      <div className={styles.layout}>
        <nav aria-label="Account sections" className={styles.nav}>
          <ul className={styles.links}>
            {SECTIONS.map(([id, name]) => <li key={id}><a href={`#${id}`}>{name}</a></li>)}
          </ul>
        </nav>
        <div className={styles.sections}>
          <section id="orders" aria-labelledby="orders-title"><h2 id="orders-title">Orders</h2><OrderList /></section>
          <section id="profile" aria-labelledby="profile-title"><h2 id="profile-title">Profile</h2><ProfileForm key={account.version} account={account} /></section>
          <section id="addresses" aria-labelledby="addresses-title"><h2 id="addresses-title">Addresses</h2><AddressBook /></section>
          <section id="password" aria-labelledby="password-title"><h2 id="password-title">Password</h2><PasswordForm /></section>
          <section id="sessions" aria-labelledby="sessions-title"><h2 id="sessions-title">Active sessions</h2><SessionList /></section>
        </div>
      </div>
    </div>
  );
}
