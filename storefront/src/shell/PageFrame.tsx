import { useEffect, useRef, type ReactNode } from 'react';
import { useMessages } from '../messages/messages';
import { useIsPageLoading, useLocation } from '../router/hooks';
import styles from './PageFrame.module.css';

/** The parts around the pages of the shop and of the admin: the link to the content and the progress bar. */
export function PageFrame({ children }: { children: ReactNode }) {
  const t = useMessages();
  return (
    <>
      <a className={styles.skip} href="#main">{t.shell.skip}</a>
      <Progress />
      {children}
    </>
  );
}

export function Main({ className, children }: { className: string | undefined; children: ReactNode }) {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const lastPath = useRef(pathname);
  useEffect(() => {
    // Keyboard users start at the top of a new page. A changed filter only changes the query, so it keeps the focus.
    if (lastPath.current === pathname) return;
    lastPath.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return <main id="main" ref={main} tabIndex={-1} className={className}>{children}</main>;
}

/** A thin line at the top while the next page's code is loading. */
function Progress() {
  return <div className={styles.progress} data-active={useIsPageLoading()} aria-hidden="true" />;
}
