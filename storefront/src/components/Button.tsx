import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { Link, type LinkProps } from '../router/Link';
import styles from './Button.module.css';

type Look = 'primary' | 'secondary' | 'quiet';

interface Shape {
  look?: Look;
  size?: 'normal' | 'large' | 'small';
  wide?: boolean;
}

function classes({ look = 'primary', size = 'normal', wide = false }: Shape): string {
  return [styles.button, styles[look], styles[size], wide ? styles.wide : ''].filter(Boolean).join(' ');
}

type ButtonProps = Shape & ButtonHTMLAttributes<HTMLButtonElement> & { busy?: boolean; ref?: Ref<HTMLButtonElement>; children: ReactNode };

/** While busy, the button is marked with ARIA rather than disabled, because a disabled button loses the focus. */
export function Button({ look, size, wide, busy = false, onClick, type = 'button', children, ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={busy ? 'button' : type}
      className={classes({ look, size, wide } as Shape)}
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      onClick={busy ? undefined : onClick}
    >
      {busy && <span className={styles.spinner} aria-hidden="true" />}
      {children}
    </button>
  );
}

export function ButtonLink({ look, size, wide, ...rest }: Shape & LinkProps) {
  return <Link {...rest} className={classes({ look, size, wide } as Shape)} />;
}

/** A button that reads as a link inside a sentence or a list. */
export function TextButton({ type = 'button', ...rest }: ButtonHTMLAttributes<HTMLButtonElement>) {
  return <button {...rest} type={type} className={styles.text} />;
}
