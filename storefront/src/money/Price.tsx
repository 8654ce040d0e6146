import type { Money } from '../api/types';
import { useMessages } from '../messages/messages';
import { useFormats } from '../messages/formats';
import { percentOff } from './money';
import styles from './Price.module.css';

export function Amount({ value }: { value: Money }) {
  return <span className="numeric">{useFormats().money(value)}</span>;
}

interface PriceProps {
  price: Money;
  compareAt: Money | null | undefined;
  /** Set when other variants cost more. */
  from?: boolean;
  size?: 'normal' | 'large';
}

export function Price({ price, compareAt, from = false, size = 'normal' }: PriceProps) {
  const t = useMessages();
  const { money: format } = useFormats();
  const percent = percentOff(price, compareAt);
  return (
    <p className={`${styles.price} ${styles[size]} numeric`}>
      <span className={percent ? styles.reduced : undefined}>
        {percent !== null && <span className="visually-hidden">{t.catalogue.now}</span>}
        {from && <span className={styles.from}>{t.catalogue.from}</span>}
        {format(price)}
      </span>
      {percent !== null && compareAt && (
        <>
          <s className={styles.before}>
            <span className="visually-hidden">{t.catalogue.before}</span>
            {format(compareAt)}
          </s>
          {size === 'large' && <span className={styles.percent}>{t.catalogue.percentOff(percent)}</span>}
        </>
      )}
    </p>
  );
}

/** The price of a base quantity such as "1 kg", which goods sold by weight or volume must show in the EU. */
export function UnitPrice({ price, per }: { price: Money; per: string }) {
  // One unit is written without its number, as on price labels.
  return <p className={`${styles.unit} numeric`}>{useFormats().money(price)} / {per.replace(/^1 /, '')}</p>;
}
