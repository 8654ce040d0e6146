import type { InputHTMLAttributes, ReactNode } from 'react';
import styles from './Page.module.css';

/** A checkbox or radio button with its label. */
export function CheckField({ type = 'checkbox', children, ...input }: InputHTMLAttributes<HTMLInputElement> & { children: ReactNode }) {
  return (
    <label className={styles.check}>
      <input {...input} type={type} />
      <span>{children}</span>
    </label>
  );
}
