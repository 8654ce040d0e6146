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
  usePageTitle('Your account');
  const account = useAccount();
  if (account.isError) return <div className="page"><Failure error={account.error} onRetry={() => void account.refetch()} /></div>;
  if (account.data) return <AccountView account={account.data} />;
  if (account.isPending) return <AccountSkeleton />;
  return <LastTry />;
}

/**
 * This browser does not remember anybody being logged in, but the cookie, which scripts cannot
 * see, may: ask once before sending people to the login.
 */
function LastTry() {
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
    // The menu's links lead to a part of this page; the sections come with the page's own code.
    if (hash) document.getElementById(hash.slice(1))?.scrollIntoView();
  }, [hash]);
  return (
    <div className={`page ${styles.page}`}>
      <header>
        <h1>{account.name}</h1>
        <p className={styles.soft}>{account.email}, with us since {formatDate(account.created_at)}</p>
      </header>
      <div className={styles.layout}>
        <nav aria-label="Parts of your account" className={styles.nav}>
          <ul className={styles.links}>
            {SECTIONS.map(([id, name]) => <li key={id}><a href={`#${id}`}>{name}</a></li>)}
          </ul>
        </nav>
        <div className={styles.sections}>
          <section id="orders" aria-labelledby="orders-title"><h2 id="orders-title">Orders</h2><OrderList /></section>
          <section id="profile" aria-labelledby="profile-title"><h2 id="profile-title">Profile</h2><ProfileForm key={account.version} account={account} /></section>
          <section id="addresses" aria-labelledby="addresses-title"><h2 id="addresses-title">Addresses</h2><AddressBook /></section>
          <section id="password" aria-labelledby="password-title"><h2 id="password-title">Password</h2><PasswordForm /></section>
          <section id="sessions" aria-labelledby="sessions-title"><h2 id="sessions-title">Where you are logged in</h2><SessionList /></section>
        </div>
      </div>
    </div>
  );
}
