import { useShop } from '../api/catalogue';
import type { Money } from '../api/types';
import { formatMoney, percentOff } from './money';
import styles from './Price.module.css';

/** Formats in the shop's locale, so that prices look the same to everybody and in emails. */
export function useMoneyFormat(): (money: Money) => string {
  const { data: shop } = useShop();
  const locale = shop?.locale ?? navigator.language;
  return (money) => formatMoney(money, locale);
}

export function Amount({ value }: { value: Money }) {
  return <span className="numeric">{useMoneyFormat()(value)}</span>;
}

interface PriceProps {
  price: Money;
  compareAt: Money | null | undefined;
  /** Set when other variants cost more. */
  from?: boolean;
  size?: 'normal' | 'large';
}

export function Price({ price, compareAt, from = false, size = 'normal' }: PriceProps) {
  const format = useMoneyFormat();
  const percent = percentOff(price, compareAt);
  return (
    <p className={`${styles.price} ${styles[size]} numeric`}>
      <span className={percent ? styles.reduced : undefined}>
        {percent !== null && <span className="visually-hidden">Now </span>}
        {from && <span className={styles.from}>from </span>}
        {format(price)}
      </span>
      {percent !== null && compareAt && (
        <>
          <s className={styles.before}>
            <span className="visually-hidden">, before </span>
            {format(compareAt)}
          </s>
          {size === 'large' && <span className={styles.percent}>−{percent}%</span>}
        </>
      )}
    </p>
  );
}

/** The price of a base quantity such as "1 kg", which goods sold by weight or volume must show in the EU. */
export function UnitPrice({ price, per }: { price: Money; per: string }) {
  // One unit is written without its number, as on price labels.
  return <p className={`${styles.unit} numeric`}>{useMoneyFormat()(price)} / {per.replace(/^1 /, '')}</p>;
}
