import styles from './Mark.module.css';

/** The shop's logo, which stands beside its name. */
export function Mark() {
  return (
    <svg aria-hidden="true" width="30" height="30" viewBox="0 0 32 32" className={styles.mark}>
      <rect width="32" height="32" rx="9" fill="currentColor" />
      <g fill="none" stroke="var(--on-accent)" strokeWidth="2.5" strokeLinecap="round" strokeLinejoin="round">
        <path d="M8 12.2 16 8l8 4.2-8 4.2z" />
        <path d="m8 16.6 8 4.2 8-4.2" />
        <path d="m8 21 8 4.2 8-4.2" />
      </g>
    </svg>
  );
}
