import { useState } from 'react';
import { Button } from '../../../components/Button';
import { Amount } from '../../../money/Price';
import { DataTable, type Column } from '../../components/DataTable';
import styles from './Bulk.module.css';
import type { PreviewRow } from './price-preview';

/** Rows that are shown before somebody asks for all: products may have thousands of variants. */
const FIRST_ROWS = 100;

interface PriceTableProps {
  rows: readonly PreviewRow[];
  currency: string;
  /** False before a change is entered: there are no new prices then. */
  isEntered: boolean;
}

/** The prices before and after. */
export function PriceTable({ rows, currency, isEntered }: PriceTableProps) {
  const [all, setAll] = useState(false);
  const shown = all ? rows : rows.slice(0, FIRST_ROWS);
  const amount = (minor: number) => <Amount value={{ amount: minor, currency }} />;
  const columns: readonly Column<PreviewRow>[] = [
    { key: 'product', header: 'Product', render: ({ title, name, sku }) => <>{title}<span className={styles.variant}>{name || sku}</span></> },
    { key: 'from', header: 'Present price', align: 'end', render: ({ from }) => amount(from) },
    {
      key: 'to',
      header: 'New price',
      align: 'end',
      render: ({ from, to }) => {
        if (!isEntered) return '–';
        if (to === null) return 'Below zero';
        return to === from ? <span className={styles.stays}>Stays</span> : <strong>{amount(to)}</strong>;
      },
    },
    { key: 'former', header: 'Former price', align: 'end', render: ({ formerTo }) => (formerTo === null ? 'None' : amount(formerTo)) },
  ];
  return (
    <>
      <DataTable caption="Prices" columns={columns} rows={shown} rowKey={({ sku }) => sku} empty={null} />
      {shown.length < rows.length && (
        <p>The first {shown.length} of {rows.length} prices. <Button look="secondary" size="small" onClick={() => setAll(true)}>Show all</Button></p>
      )}
    </>
  );
}
