import type { Variant } from '../api/types';
import { useMessages } from '../messages/messages';
import styles from './Availability.module.css';

export function Availability({ variant: { availability, available_quantity } }: { variant: Variant }) {
  const t = useMessages();
  const text = availability === 'low' && available_quantity ? t.product.onlyLeft(available_quantity) : t.product.availability[availability];
  return <p className={`${styles.line} ${styles[availability]}`}>{text}</p>;
}
