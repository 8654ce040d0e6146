import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { Icon } from './Icon';
import styles from './Notices.module.css';

interface Notice {
  text: string;
  kind?: 'done' | 'problem';
  link?: { to: string; text: string };
}

interface Notices {
  /** Shows a passing message, and has screen readers say it. */
  notify: (notice: Notice) => void;
  /** Has screen readers say something that everybody else sees anyhow. */
  announce: (text: string) => void;
}

const NoticesContext = createContext<Notices | null>(null);

const SHOWN_FOR_MS = 6_000;

export function useNotices(): Notices {
  const notices = useContext(NoticesContext);
  if (!notices) throw new Error('useNotices outside of NoticesProvider');
  return notices;
}

export function NoticesProvider({ children }: { children: ReactNode }) {
  const [notice, setNotice] = useState<(Notice & { id: number }) | null>(null);
  const [spoken, setSpoken] = useState('');
  const [held, setHeld] = useState(false);
  const counter = useRef(0);

  const announce = useCallback((text: string) => {
    // The same words twice are no change to a live region: an invisible one makes them differ.
    setSpoken((before) => (before === text ? `${text}\u00a0` : text));
  }, []);

  const notify = useCallback((next: Notice) => {
    counter.current += 1;
    setNotice({ ...next, id: counter.current });
    announce(next.text);
  }, [announce]);

  useEffect(() => {
    // Whoever points at it or has the focus in it is still reading.
    if (!notice || held) return;
    const timer = setTimeout(() => setNotice(null), SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [notice, held]);

  const value = useMemo(() => ({ notify, announce }), [notify, announce]);

  return (
    <NoticesContext value={value}>
      {children}
      <div className="visually-hidden" role="status" aria-live="polite">
        {spoken}
      </div>
      {notice && (
        // The listeners only hold it on the screen; there is nothing to operate.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
        <section
          key={notice.id}
          aria-label="Message"
          className={styles.toast}
          onPointerEnter={() => setHeld(true)}
          onPointerLeave={() => setHeld(false)}
          onFocus={() => setHeld(true)}
          onBlur={() => setHeld(false)}
        >
          <span className={notice.kind === 'problem' ? styles.problem : styles.done}>
            <Icon name={notice.kind === 'problem' ? 'alert' : 'check'} size={18} />
          </span>
          <p>{notice.text}</p>
          {notice.link && (
            <Link to={notice.link.to} onClick={() => setNotice(null)}>
              {notice.link.text}
            </Link>
          )}
          <button type="button" aria-label="Dismiss message" onClick={() => setNotice(null)}>
            <Icon name="close" size={16} />
          </button>
        </section>
      )}
    </NoticesContext>
  );
}
