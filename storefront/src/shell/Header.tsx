import { Link, NavLink } from 'react-router';
import { useCart } from '../api/cart';
import { useCategories, useShop } from '../api/catalogue';
import { Icon } from '../components/Icon';
import { useMessages } from '../messages/messages';
import { AccountMenu } from './AccountMenu';
import styles from './Header.module.css';
import { SearchBox } from './SearchBox';

export function Header() {
  const t = useMessages();
  const { data: shop } = useShop();
  return (
    <header className={styles.header}>
      <div className={`page ${styles.bar}`}>
        <Link to="/" className={styles.brand}>
          <Mark />
          {shop?.name ?? <span className="visually-hidden">{t.shell.home}</span>}
        </Link>
        <div className={styles.search}>
          <SearchBox />
        </div>
        <div className={styles.actions}>
          <AccountMenu />
          <CartLink />
        </div>
      </div>
      <CategoryNav />
    </header>
  );
}

function Mark() {
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

function CartLink() {
  const t = useMessages();
  const { data: cart } = useCart();
  const count = cart?.item_count ?? 0;
  return (
    <Link to="/cart" className={styles.action}>
      <Icon name="bag" size={22} />
      <span className={styles.actionText}>{t.shell.cart}</span>
      {count > 0 && <span className={styles.badge}>{count > 99 ? '99+' : count}</span>}
      {count > 0 && <span className="visually-hidden">{t.shell.cartUnits(count)}</span>}
    </Link>
  );
}

function CategoryNav() {
  const t = useMessages();
  const { data } = useCategories();
  return (
    <nav aria-label={t.shell.categories} className={styles.nav}>
      <ul className={`page ${styles.categories}`}>
        <li>
          <NavLink to="/products" end>{t.shell.allProducts}</NavLink>
        </li>
        {data?.items.map((category) => (
          <li key={category.handle}>
            <NavLink to={`/categories/${encodeURIComponent(category.handle)}`}>{category.name}</NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
