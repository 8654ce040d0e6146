import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useCountries } from '../api/shipping';
import type { Product, Variant } from '../api/types';
import { Icon } from '../components/Icon';
import { Skeleton } from '../components/States';
import { useFormats } from '../messages/formats';
import { useMessages } from '../messages/messages';
import { Link } from '../router/Link';
import styles from './ProductSections.module.css';
import { Safety } from './Safety';

interface ProductSectionsProps {
  product: Product;
  variant: Variant | undefined;
}

/** Shows further facts about a product, in sections to open. */
export function ProductSections({ product, variant }: ProductSectionsProps) {
  const t = useMessages();
  const isShipped = variant?.requires_shipping !== false;
  return (
    <div className={styles.sections}>
      <Section title={t.product.details} initiallyOpen>
        <Details product={product} variant={variant} />
      </Section>
      {isShipped && <Section title={t.product.delivery}><Delivery /></Section>}
      {isShipped && (
        <Section title={t.product.returns}>
          {product.withdrawal_exception && <p>{t.product.withdrawalExceptions[product.withdrawal_exception]}</p>}
          <p>{t.product.returnsText}</p>
        </Section>
      )}
      {product.safety && <Section title={t.product.safety}><Safety safety={product.safety} /></Section>}
    </div>
  );
}

function Section({ title, initiallyOpen = false, children }: { title: string; initiallyOpen?: boolean; children: ReactNode }) {
  const [open, setOpen] = useState(initiallyOpen);
  const details = useRef<HTMLDetailsElement>(null);
  // It may have been opened in the first view, before React heard of it.
  useEffect(() => setOpen(details.current?.open ?? false), []);
  return (
    <details ref={details} className={styles.section} open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary><h2>{title}</h2> <Icon name="chevron" /></summary>
      {/* A section loads its data once it is opened. */}
      {open && <div className={styles.body}>{children}</div>}
    </details>
  );
}

function Details({ product, variant }: ProductSectionsProps) {
  const t = useMessages();
  const formats = useFormats();
  return (
    <dl className={styles.details}>
      {variant && variant.weight_grams > 0 && <div><dt>{t.product.weight}</dt><dd suppressHydrationWarning>{formats.weight(variant.weight_grams)}</dd></div>}
      {variant && <div><dt>{t.product.sku}</dt><dd>{variant.sku}</dd></div>}
      {variant?.barcode && <div><dt>{t.product.barcode}</dt><dd>{variant.barcode}</dd></div>}
      {product.tags.length > 0 && (
        <div>
          <dt>{t.product.tags}</dt>
          <dd className={styles.tags}>
            {product.tags.map((tag) => <Link key={tag} to={`/products?tag=${encodeURIComponent(tag)}`}>{tag}</Link>)}
          </dd>
        </div>
      )}
    </dl>
  );
}

function Delivery() {
  const t = useMessages();
  const formats = useFormats();
  const { data, isPending } = useCountries();
  const [only, ...others] = data?.items ?? [];
  return (
    <>
      {isPending && <Skeleton width="60%" height="1.2rem" />}
      {only && <p>{others.length > 0 ? t.product.deliveryCountries(others.length + 1) : t.product.deliveryCountry(formats.country(only.code, only.name))}</p>}
      <p>{t.product.deliveryPrice}</p>
    </>
  );
}
