import { useEffect, useRef } from 'react';
import { Outlet, ScrollRestoration, useLocation, useNavigation } from 'react-router';
import { ToastProvider } from '../components/Toasts';
import { useMessages } from '../messages/messages';
import { Footer } from './Footer';
import { CheckoutHeader, Header } from './Header';
import styles from './Shell.module.css';

export function Shell() {
  const t = useMessages();
  // A purchase is finished more often when nothing leads away from it.
  const isCheckout = useLocation().pathname.startsWith('/checkout');
  return (
    <ToastProvider>
      <a className={styles.skip} href="#main">
        {t.shell.skip}
      </a>
      <Progress />
      <div className={styles.shell}>
        {isCheckout ? <CheckoutHeader /> : <Header />}
        <Main />
        <Footer isShort={isCheckout} />
      </div>
      <ScrollRestoration />
    </ToastProvider>
  );
}

function Main() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const lastPath = useRef(pathname);
  useEffect(() => {
    // Keyboard users start at the top of a new page. A changed filter only changes the query, so it keeps the focus.
    if (lastPath.current === pathname) return;
    lastPath.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return (
    <main id="main" ref={main} tabIndex={-1} className={styles.main}>
      <Outlet />
    </main>
  );
}

/** A thin line at the top while the next page's code is loading. */
function Progress() {
  const { state } = useNavigation();
  return <div className={styles.progress} data-active={state !== 'idle'} aria-hidden="true" />;
}
