import type { CSSProperties, ReactNode } from 'react';
import { messageOf } from '../api/problem';
import { useMessages } from '../messages/messages';
import { Button } from './Button';
import { Icon } from './Icon';
import styles from './States.module.css';

/** A grey placeholder for content that is loading. */
export function Skeleton({ width, height, style }: { width?: string; height?: string; style?: CSSProperties }) {
  return <span aria-hidden="true" className={styles.skeleton} style={{ width, height, ...style }} />;
}

export function Loading({ label, children }: { label: string; children?: ReactNode }) {
  return (
    <div aria-busy="true">
      {/* The first view may have another text where the label depends on what only the browser knows. */}
      <span className="visually-hidden" role="status" suppressHydrationWarning>{label}</span>
      {children}
    </div>
  );
}

interface FailureProps {
  error: unknown;
  onRetry?: () => void;
  title?: string;
}

export function Failure({ error, onRetry, title }: FailureProps) {
  const t = useMessages();
  return (
    <div className={styles.state} role="alert">
      <Icon name="alert" size={28} />
      <p className={styles.title}>{title ?? t.common.notLoaded}</p>
      <p>{messageOf(error, t)}</p>
      {onRetry && <Button look="secondary" onClick={onRetry}>{t.common.tryAgain}</Button>}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={styles.state}>
      <p className={styles.title}>{title}</p>
      {children}
    </div>
  );
}

/** A message within the page, as opposed to a toast. */
export function Callout({ kind = 'note', children }: { kind?: 'note' | 'warn' | 'danger'; children: ReactNode }) {
  return (
    <div className={`${styles.callout} ${styles[kind]}`} role={kind === 'danger' ? 'alert' : undefined}>
      <Icon name={kind === 'note' ? 'check' : 'alert'} />
      <div>{children}</div>
    </div>
  );
}
