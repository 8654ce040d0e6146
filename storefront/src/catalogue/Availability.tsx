import type { Variant } from '../api/types';
import { availabilityText } from '../messages/en';
import styles from './Availability.module.css';

export function Availability({ variant: { availability, available_quantity } }: { variant: Variant }) {
  return <p className={`${styles.line} ${styles[availability]}`}>{availabilityText(availability, available_quantity)}</p>;
}
