import { useEffect, type ReactNode } from 'react';
import { useShop } from '../../api/catalogue';
import { Icon } from '../../components/Icon';
import { useToasts } from '../../components/Toasts';
import { Link } from '../../router/Link';
import styles from './Page.module.css';

interface PageProps {
  title: string;
  /** Beside the title, such as a status. */
  mark?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  /** The list that the page belongs to. */
  back?: { to: string; label: string };
  children: ReactNode;
}

/** The frame of every page: its heading, its actions, and the document's title. */
export function Page({ title, mark, description, actions, back, children }: PageProps) {
  useAdminTitle(title);
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <div className={styles.heading}>
          {back && <Link to={back.to} className={styles.back}><Icon name="chevron" size={16} />{back.label}</Link>}
          <div className={styles.title}><h1>{title}</h1>{mark}</div>
          {description && <p className={styles.description}>{description}</p>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function useAdminTitle(title: string): void {
  const { data: shop } = useShop();
  const { announce } = useToasts();
  const full = [title, 'Admin', shop?.name].filter(Boolean).join(' - ');
  useEffect(() => {
    if (document.title === full) return;
    document.title = full;
    announce(title);
  }, [full, title, announce]);
}

interface CardProps {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}

/** A section of a page, named by its heading. */
export function Card({ title, actions, children }: CardProps) {
  const id = `card-${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
  return (
    <section className={styles.card} aria-labelledby={id}>
      <header className={styles.cardHead}>
        <h2 id={id}>{title}</h2>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </section>
  );
}

/** The main column of a page beside a narrow one; below each other on small screens. */
export function Columns({ main, side }: { main: ReactNode; side: ReactNode }) {
  return (
    <div className={styles.columns}>
      <div className={styles.column}>{main}</div>
      <div className={styles.column}>{side}</div>
    </div>
  );
}

interface FactsProps {
  items: readonly (readonly [label: string, value: ReactNode])[];
  /** Side by side instead of below each other. */
  inline?: boolean;
}

export function Facts({ items, inline = false }: FactsProps) {
  return (
    <dl className={`${styles.facts} ${inline ? styles.inline : ''}`}>
      {items.map(([label, value]) => <div key={label}><dt>{label}</dt><dd>{value}</dd></div>)}
    </dl>
  );
}

/** Fields side by side where there is room. */
export function FieldRow({ children }: { children: ReactNode }) {
  return <div className={styles.fieldRow}>{children}</div>;
}

export function Toolbar({ label, children }: { label: string; children: ReactNode }) {
  return <div className={styles.toolbar} role="group" aria-label={label}>{children}</div>;
}

export const pageStyles = styles;
