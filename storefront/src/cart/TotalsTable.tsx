import type { ReactNode } from 'react';
import type { Totals } from '../api/types';
import { Amount } from '../money/Price';
import styles from './TotalsTable.module.css';

interface TotalsTableProps {
  totals: Totals;
  /** Shown instead of the delivery price while no delivery is chosen. */
  shippingText?: string | undefined;
  shippingLabel?: string | undefined;
}

/** The totals as the server computed them: nothing is added up in the browser. */
export function TotalsTable({ totals, shippingText, shippingLabel }: TotalsTableProps) {
  return (
    <dl className={`${styles.totals} numeric`}>
      <Row label="Subtotal"><Amount value={totals.subtotal} /></Row>
      {totals.discount.amount !== 0 && (
        <Row label="Discount">−<Amount value={{ ...totals.discount, amount: Math.abs(totals.discount.amount) }} /></Row>
      )}
      <Row label={shippingLabel ? `Delivery (${shippingLabel})` : 'Delivery'}>
        {shippingText ?? (totals.shipping.amount === 0 ? 'Free' : <Amount value={totals.shipping} />)}
      </Row>
      {!totals.tax_included && <Row label="Tax"><Amount value={totals.tax} /></Row>}
      <div className={styles.total}>
        <dt>Total</dt>
        <dd><Amount value={totals.total} /></dd>
      </div>
      {totals.tax_included && totals.tax.amount > 0 && (
        <div className={styles.note}>
          <dt>Includes tax</dt>
          <dd><Amount value={totals.tax} /></dd>
        </div>
      )}
    </dl>
  );
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
