import { useCart } from '../api/cart';
import { useShop } from '../api/catalogue';
import { useStorefront } from '../api/storefront';
import { Icon } from '../components/Icon';
import { useMedia } from '../components/media';
import { useMessages } from '../messages/messages';
import { Link } from '../router/Link';
import { AccountMenu } from './AccountMenu';
import styles from './Header.module.css';
import { Mark } from './Mark';
import { MenuLink } from './MenuLink';
import { SearchBox } from './SearchBox';
import { useHeaderMenu } from './use-menus';

/** The bar stays on the screen. On a phone, the search and the menu below it scroll away. */
export function Header() {
  const wide = useMedia('(min-width: 48.01rem)');
  return (
    <header className={styles.header}>
      <div className={styles.sticky}>
        <div className={`page ${styles.bar}`}>
          <Brand />
          {wide !== false && <div className={styles.searchInBar}><SearchBox id="shop-search" /></div>}
          <div className={styles.actions}>
            <AccountMenu />
            <CartLink />
          </div>
        </div>
      </div>
      <div className={styles.below}>
        {wide !== true && <div className={`page ${styles.searchBelow}`}><SearchBox id="shop-search-below" /></div>}
        <Menu />
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
  const { data: storefront } = useStorefront();
  const logo = storefront?.logo;
  return (
    <Link to="/" className={styles.brand}>
      {logo ? <img src={logo.url} alt="" height="36" className={styles.logo} fetchPriority="high" /> : <Mark />}
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

function Menu() {
  const t = useMessages();
  const entries = useHeaderMenu();
  if (entries.length === 0) return null;
  return (
    <nav aria-label={t.shell.menu} className={styles.nav}>
      <ul className={`page ${styles.menu}`}>
        {entries.map((entry, index) => <li key={index}><MenuLink entry={entry} /></li>)}
      </ul>
    </nav>
  );
}
