import { Link, NavLink } from 'react-router';
import { useCart } from '../api/cart';
import { useFilledCategories, useShop } from '../api/catalogue';
import { Icon } from '../components/Icon';
import { useMedia } from '../components/media';
import { useMessages } from '../messages/messages';
import { AccountMenu } from './AccountMenu';
import styles from './Header.module.css';
import { Mark } from './Mark';
import { SearchBox } from './SearchBox';

/** The bar stays on the screen. On a phone, the search and the categories below it scroll away. */
export function Header() {
  const wide = useMedia('(min-width: 48.01rem)');
  return (
    <header className={styles.header}>
      <div className={styles.sticky}>
        <div className={`page ${styles.bar}`}>
          <Brand />
          {wide && <SearchBox />}
          <div className={styles.actions}>
            <AccountMenu />
            <CartLink />
          </div>
        </div>
      </div>
      <div className={styles.below}>
        {!wide && <div className="page"><SearchBox /></div>}
        <CategoryNav />
      </div>
    </header>
  );
}

/** The header of the checkout, which leads back to the cart and nowhere else. */
export function CheckoutHeader() {
  const t = useMessages();
  return (
    <header className={styles.header}>
      <div className={styles.sticky}>
        <div className={`page ${styles.plainBar}`}>
          <Brand />
          <Link to="/cart" className={styles.action}>
            <Icon name="bag" size={22} />
            <span>{t.shell.backToCart}</span>
          </Link>
        </div>
      </div>
    </header>
  );
}

function Brand() {
  const t = useMessages();
  const { data: shop } = useShop();
  return (
    <Link to="/" className={styles.brand}>
      <Mark />
      {shop?.name ?? <span className="visually-hidden">{t.shell.home}</span>}
    </Link>
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
  const { data } = useFilledCategories();
  return (
    <nav aria-label={t.shell.categories} className={styles.nav}>
      <ul className={`page ${styles.categories}`}>
        <li>
          <NavLink to="/products" end>{t.shell.allProducts}</NavLink>
        </li>
        {data?.map((category) => (
          <li key={category.handle}>
            <NavLink to={`/categories/${encodeURIComponent(category.handle)}`}>{category.name}</NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
