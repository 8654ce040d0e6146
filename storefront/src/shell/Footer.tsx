import { Link } from 'react-router';
import { useCategories, useShop } from '../api/catalogue';
import styles from './Footer.module.css';

export function Footer() {
  const { data: shop } = useShop();
  const { data: categories } = useCategories();
  return (
    <footer className={styles.footer}>
      <div className={`page ${styles.columns}`}>
        <p className={styles.name}>{shop?.name}</p>
        <nav aria-labelledby="footer-shop">
          <h2 id="footer-shop">Shop</h2>
          <ul className={styles.links}>
            <li><Link to="/products">All products</Link></li>
            {categories?.items.slice(0, 5).map((category) => (
              <li key={category.handle}>
                <Link to={`/categories/${encodeURIComponent(category.handle)}`}>{category.name}</Link>
              </li>
            ))}
          </ul>
        </nav>
        <nav aria-labelledby="footer-you">
          <h2 id="footer-you">Your account</h2>
          <ul className={styles.links}>
            <li><Link to="/account">Account and orders</Link></li>
            <li><Link to="/cart">Cart</Link></li>
          </ul>
        </nav>
        <nav aria-labelledby="footer-developers">
          <h2 id="footer-developers">Developers</h2>
          <ul className={styles.links}>
            <li><a href="/api/docs">API documentation</a></li>
            <li><a href="/api/openapi.json">OpenAPI specification</a></li>
            {shop?.demo && <li><a href="/mailbox">Demo mailbox</a></li>}
          </ul>
        </nav>
      </div>
      <p className={`page ${styles.small}`}>
        {shop?.demo && <span>This is a demo shop. Nothing is sold and no card is charged.</span>}
        <span>Places © GeoNames, address formats © Google, CC BY 4.0</span>
      </p>
    </footer>
  );
}
