import { Link } from 'react-router';
import { useFilledCategories, useShop } from '../api/catalogue';
import { useMessages } from '../messages/messages';
import styles from './Footer.module.css';
import { Preferences } from './Preferences';

/** The footer of every page; the short one of the checkout has no links away from it. */
export function Footer({ isShort }: { isShort: boolean }) {
  const t = useMessages();
  const { data: shop } = useShop();
  return (
    <footer className={styles.footer}>
      {!isShort && <Columns />}
      <div className="page"><Preferences /></div>
      <p className={`page ${styles.small}`}>
        {shop?.demo && <span>{t.shell.demoNote}</span>}
        {shop && !isShort && <span>{shop.prices_include_tax ? t.shell.pricesIncludeTax : t.shell.pricesAddTax}</span>}
        <span>{t.shell.credits}</span>
      </p>
    </footer>
  );
}

function Columns() {
  const t = useMessages();
  const { data: shop } = useShop();
  const { data: categories } = useFilledCategories();
  return (
    <div className={`page ${styles.columns}`}>
      <p className={styles.name}>{shop?.name}</p>
      <nav aria-labelledby="footer-shop">
        <h2 id="footer-shop">{t.shell.footerShop}</h2>
        <ul className={styles.links}>
          <li><Link to="/products">{t.shell.allProducts}</Link></li>
          {categories?.slice(0, 5).map((category) => (
            <li key={category.handle}>
              <Link to={`/categories/${encodeURIComponent(category.handle)}`}>{category.name}</Link>
            </li>
          ))}
        </ul>
      </nav>
      <nav aria-labelledby="footer-you">
        <h2 id="footer-you">{t.shell.footerAccount}</h2>
        <ul className={styles.links}>
          <li><Link to="/account">{t.shell.accountAndOrders}</Link></li>
          <li><Link to="/orders/find">{t.shell.titles['/orders/find']}</Link></li>
          <li><Link to="/cart">{t.shell.cart}</Link></li>
        </ul>
      </nav>
      <nav aria-labelledby="footer-developers">
        <h2 id="footer-developers">{t.shell.developers}</h2>
        <ul className={styles.links}>
          <li><a href="/api/docs">{t.shell.apiDocs}</a></li>
          <li><a href="/api/openapi.json">{t.shell.openApi}</a></li>
          {shop?.demo && <li><a href="/mailbox">{t.shell.mailbox}</a></li>}
        </ul>
      </nav>
    </div>
  );
}
