import { useEffect, useRef } from 'react';
import { Outlet, ScrollRestoration, useLocation, useNavigation } from 'react-router';
import { NoticesProvider } from '../components/Notices';
import { Footer } from './Footer';
import { Header } from './Header';
import styles from './Shell.module.css';

export function Shell() {
  return (
    <NoticesProvider>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      <Progress />
      <div className={styles.shell}>
        <Header />
        <Main />
        <Footer />
      </div>
      <ScrollRestoration />
    </NoticesProvider>
  );
}

function Main() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const lastPath = useRef(pathname);
  useEffect(() => {
    // A new page begins at its beginning for the keyboard too; a changed filter is no new page.
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

/** A thin line on top while the next page's code is on its way. */
function Progress() {
  const { state } = useNavigation();
  return <div className={styles.progress} data-active={state !== 'idle'} aria-hidden="true" />;
}
