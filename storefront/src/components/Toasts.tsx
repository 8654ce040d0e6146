import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { useMessages } from '../messages/messages';
import { Link } from '../router/Link';
import { Icon } from './Icon';
import styles from './Toasts.module.css';

interface Toast {
  text: string;
  kind?: 'done' | 'problem';
  link?: { to: string; text: string };
  /** A button in the message, such as one that undoes the change. */
  action?: { text: string; run: () => void };
}

interface Toasts {
  /** Shows a message for some seconds and announces it. */
  notify: (toast: Toast) => void;
  /** Announces to screen readers what is visible on the page anyway. */
  announce: (text: string) => void;
}

const ToastContext = createContext<Toasts | null>(null);

const SHOWN_FOR_MS = 6_000;

export function useToasts(): Toasts {
  const toasts = useContext(ToastContext);
  if (!toasts) throw new Error('useToasts must be used inside ToastProvider');
  return toasts;
}

export function ToastProvider({ children }: { children: ReactNode }) {
  const t = useMessages();
  const [toast, setToast] = useState<(Toast & { id: number }) | null>(null);
  const [spoken, setSpoken] = useState('');
  const [held, setHeld] = useState(false);
  const counter = useRef(0);

  const announce = useCallback((text: string) => {
    // A live region announces changes only: an invisible space makes a repeated text differ.
    setSpoken((before) => (before === text ? `${text}\u00a0` : text));
  }, []);

  const notify = useCallback((next: Toast) => {
    counter.current += 1;
    setToast({ ...next, id: counter.current });
    announce(next.text);
  }, [announce]);

  useEffect(() => {
    // Pointing at the message or focusing it means that it is still being read.
    if (!toast || held) return;
    const timer = setTimeout(() => setToast(null), SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [toast, held]);

  const value = useMemo(() => ({ notify, announce }), [notify, announce]);

  return (
    <ToastContext value={value}>
      {children}
      <div className="visually-hidden" role="status" aria-live="polite">
        {spoken}
      </div>
      {toast && (
        // The listeners only keep it on the screen; there is nothing to operate.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
        <section
          key={toast.id}
          aria-label={t.common.message}
          className={styles.toast}
          onPointerEnter={() => setHeld(true)}
          onPointerLeave={() => setHeld(false)}
          onFocus={() => setHeld(true)}
          onBlur={() => setHeld(false)}
        >
          <span className={toast.kind === 'problem' ? styles.problem : styles.done}>
            <Icon name={toast.kind === 'problem' ? 'alert' : 'check'} size={18} />
          </span>
          <p>{toast.text}</p>
          {toast.link && (
            <Link to={toast.link.to} onClick={() => setToast(null)}>
              {toast.link.text}
            </Link>
          )}
          {toast.action && (
            <button
              type="button"
              className={styles.action}
              onClick={() => {
                toast.action?.run();
                setToast(null);
              }}
            >
              {toast.action.text}
            </button>
          )}
          <button type="button" aria-label={t.common.dismiss} onClick={() => setToast(null)}>
            <Icon name="close" size={16} />
          </button>
        </section>
      )}
    </ToastContext>
  );
}
