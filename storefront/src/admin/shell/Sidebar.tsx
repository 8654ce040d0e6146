import type { ReactNode } from 'react';
import { useShop } from '../../api/catalogue';
import { useLocation } from '../../router/hooks';
import { Link } from '../../router/Link';
import { Mark } from '../../shell/Mark';
import { currentItem, NAVIGATION } from './navigation';
import { useCan } from './permissions';
import styles from './Sidebar.module.css';

export function Sidebar() {
  const { data: shop } = useShop();
  return (
    <div className={styles.sidebar}>
      <MainNavigation>
        <Link to="/" className={styles.brand}>
          <Mark />
          <span>{shop?.name ?? 'Admin'}<small>Admin</small></span>
        </Link>
      </MainNavigation>
    </div>
  );
}

/** The groups of pages. Those that the account's role may not see are left out. */
export function MainNavigation({ children }: { children?: ReactNode }) {
  const can = useCan();
  const current = currentItem(useLocation().pathname);
  const groups = NAVIGATION
    .map(({ label, items }) => ({ label, items: items.filter(({ permission }) => !permission || can(permission)) }))
    .filter(({ items }) => items.length > 0);
  return (
    <nav aria-label="Admin" className={styles.navigation}>
      {children}
      {groups.map(({ label, items }) => (
        <div key={label}>
          <h2>{label}</h2>
          <ul className={styles.items}>
            {/* aria-keyshortcuts can name keys that are pressed together, but no sequence. */}
            {items.map(({ path, label, key }) => (
              <li key={path}>
                <Link to={path} aria-current={path === current?.path ? 'page' : undefined} title={`Shortcut: G, then ${key.toUpperCase()}`}>{label}</Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}
