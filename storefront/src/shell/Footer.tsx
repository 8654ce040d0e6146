import { Link } from 'react-router';
import { useCategories, useShop } from '../api/catalogue';
import { useMessages } from '../messages/messages';
import styles from './Footer.module.css';
import { Preferences } from './Preferences';

export function Footer() {
  const t = useMessages();
  const { data: shop } = useShop();
  const { data: categories } = useCategories();
  return (
    <footer className={styles.footer}>
      <div className={`page ${styles.columns}`}>
        <p className={styles.name}>{shop?.name}</p>
        <nav aria-labelledby="footer-shop">
          <h2 id="footer-shop">{t.shell.footerShop}</h2>
          <ul className={styles.links}>
            <li><Link to="/products">{t.shell.allProducts}</Link></li>
            {categories?.items.slice(0, 5).map((category) => (
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
      <div className="page"><Preferences /></div>
      <p className={`page ${styles.small}`}>
        {shop?.demo && <span>{t.shell.demoNote}</span>}
        <span>{t.shell.credits}</span>
      </p>
    </footer>
  );
}
