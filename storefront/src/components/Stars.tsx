import { useMessages } from '../messages/messages';
import { useFormats } from '../messages/formats';
import styles from './Stars.module.css';

/**
 * Five stars, filled up to an average such as "4.27". This is the only place where the decimal
 * string becomes a float, because it sets a width and nothing else.
 */
export function Stars({ value, size = 16 }: { value: string | number; size?: number }) {
  const percent = Math.max(0, Math.min(100, Number(value) * 20));
  return (
    <span className={styles.stars} style={{ fontSize: size }} aria-hidden="true">
      <span className={styles.filled} style={{ width: `${percent}%` }}>★★★★★</span>
      <span className={styles.hollow}>★★★★★</span>
    </span>
  );
}

export function RatingLine({ average, count }: { average: string | null | undefined; count: number }) {
  const t = useMessages();
  const formats = useFormats();
  if (!average || count === 0) return null;
  const short = formats.decimal(shortAverage(average));
  return (
    <span className={styles.line}>
      <Stars value={average} />
      <span className="visually-hidden">
        {t.catalogue.rated(short, count)}
      </span>
      <span aria-hidden="true">
        {short} <span className={styles.count}>({count})</span>
      </span>
    </span>
  );
}

/** Rounds "4.27" to "4.3" on the digits, so that 4.25 does not depend on a float. */
export function shortAverage(average: string): string {
  const [whole = '0', fraction = ''] = average.split('.');
  const hundredths = BigInt(`${whole}${fraction.padEnd(2, '0').slice(0, 2)}`);
  const tenths = ((hundredths + 5n) / 10n).toString().padStart(2, '0');
  return `${tenths.slice(0, -1)}.${tenths.slice(-1)}`;
}
