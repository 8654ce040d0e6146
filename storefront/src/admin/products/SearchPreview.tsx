import { useShop } from '../../api/catalogue';
import type { ProductForm } from './product-form';
import styles from './Products.module.css';

const SHOWN = 160;

/** Shows roughly what a search engine shows. */
export function SearchPreview({ form }: { form: ProductForm }) {
  const { data: shop } = useShop();
  const plain = new DOMParser().parseFromString(form.description, 'text/html').body.textContent.trim();
  const description = form.seoDescription.trim() || plain;
  return (
    <div className={styles.snippet} role="group" aria-label="Preview">
      <span className={styles.soft}>{window.location.host}/products/{form.handle || '…'}</span>
      <strong>{form.seoTitle.trim() || form.title.trim() || 'Title'} - {shop?.name}</strong>
      {description.length > SHOWN ? `${description.slice(0, SHOWN)}…` : description}
    </div>
  );
}
