import type { ReactNode } from 'react';
import type { Totals } from '../api/types';
import { Amount } from '../money/Price';
import { useMessages } from '../messages/messages';
import styles from './TotalsTable.module.css';

interface TotalsTableProps {
  totals: Totals;
  /** Shown instead of the delivery price while no delivery is chosen. */
  shippingText?: string | undefined;
  shippingLabel?: string | undefined;
}

/** The totals as the server computed them: nothing is added up in the browser. */
export function TotalsTable({ totals, shippingText, shippingLabel }: TotalsTableProps) {
  const t = useMessages();
  return (
    <dl className={`${styles.totals} numeric`}>
      <Row label={t.cart.subtotal}><Amount value={totals.subtotal} /></Row>
      {totals.discount.amount !== 0 && (
        <Row label={t.cart.discount}>−<Amount value={{ ...totals.discount, amount: Math.abs(totals.discount.amount) }} /></Row>
      )}
      <Row label={shippingLabel ? t.cart.deliveryBy(shippingLabel) : t.cart.delivery}>
        {shippingText ?? (totals.shipping.amount === 0 ? t.common.free : <Amount value={totals.shipping} />)}
      </Row>
      {!totals.tax_included && <Row label={t.cart.tax}><Amount value={totals.tax} /></Row>}
      <div className={styles.total}>
        <dt>{t.cart.total}</dt>
        <dd><Amount value={totals.total} /></dd>
      </div>
      {totals.tax_included && totals.tax.amount > 0 && (
        <div className={styles.note}>
          <dt>{t.cart.includesTax}</dt>
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
