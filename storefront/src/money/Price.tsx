import type { Money } from '../api/types';
import { useMessages } from '../messages/messages';
import { useFormats } from '../messages/formats';
import { reductionOf, type Offer } from './money';
import styles from './Price.module.css';

export function Amount({ value }: { value: Money }) {
  return <span className="numeric">{useFormats().money(value)}</span>;
}

interface PriceProps {
  offer: Offer;
  /** Set when other variants cost more. */
  from?: boolean;
  size?: 'normal' | 'large';
}

/** A browser may write numbers a little differently from the server, so the texts of its first view may differ. */
export function Price({ offer, from = false, size = 'normal' }: PriceProps) {
  const t = useMessages();
  const { money: format } = useFormats();
  const reduction = reductionOf(offer);
  return (
    <>
      <p className={size === 'large' ? `${styles.price} ${styles.large} numeric` : `${styles.price} numeric`}>
        <span className={reduction ? styles.reduced : undefined} suppressHydrationWarning>
          {reduction && <span className="visually-hidden">{t.catalogue.now}</span>}
          {from && <span className={styles.from}>{t.catalogue.from}</span>}
          {format(offer.price)}
        </span>
        {reduction && (
          <>
            <s className={styles.before} suppressHydrationWarning>
              <span className="visually-hidden">{t.catalogue.before}</span>
              {format(reduction.before)}
            </s>
            {size === 'large' && <span className={styles.percent}>{t.catalogue.percentOff(reduction.percent)}</span>}
          </>
        )}
      </p>
      {reduction?.prior && <p className={`${styles.prior} numeric`} suppressHydrationWarning>{t.catalogue.priorPrice(format(reduction.prior))}</p>}
    </>
  );
}

/** The price of a base quantity such as "1 kg", which goods sold by weight or volume must show in the EU. */
export function UnitPrice({ price, per }: { price: Money; per: string }) {
  // One unit is written without its number, as on price labels.
  return <p className={`${styles.unit} numeric`} suppressHydrationWarning>{useFormats().money(price)} / {per.replace(/^1 /, '')}</p>;
}
