import type { Variant } from '../api/types';
import styles from './Availability.module.css';

function words({ availability, available_quantity }: Variant): string {
  switch (availability) {
    case 'in_stock':
      return 'In stock';
    case 'low':
      return available_quantity ? `Only ${available_quantity} left` : 'Only a few left';
    case 'backorder':
      return 'Made to order: ships when the next batch arrives';
    case 'out_of_stock':
      return 'Sold out for now';
  }
}

export function Availability({ variant }: { variant: Variant }) {
  return <p className={`${styles.line} ${styles[variant.availability]}`}>{words(variant)}</p>;
}
