import type { Order, OrderLine } from '../../api/types';
import { TotalsTable } from '../../cart/TotalsTable';
import { ProductImage } from '../../components/ProductImage';
import { Amount } from '../../money/Price';
import { titleOf } from '../../orders/returns';
import { Link } from '../../router/Link';
import { DataTable, type Column } from '../components/DataTable';
import { Card } from '../components/Page';
import styles from './Order.module.css';

const COLUMNS: readonly Column<OrderLine>[] = [
  {
    key: 'item',
    header: 'Item',
    render: (line) => (
      <span className={styles.item}>
        <span className={styles.image}><ProductImage image={line.image} alt="" size="thumbnail" /></span>
        <span>
          <Link to={`/products/${encodeURIComponent(line.handle)}`}>{titleOf(line)}</Link>
          <span className={styles.sku}>{line.sku}</span>
        </span>
      </span>
    ),
  },
  { key: 'price', header: 'Price', align: 'end', minor: true, render: (line) => <Amount value={line.unit_price} /> },
  { key: 'quantity', header: 'Quantity', align: 'end', render: (line) => line.quantity },
  { key: 'subtotal', header: 'Subtotal', align: 'end', render: (line) => <Amount value={line.subtotal} /> },
];

export function OrderLines({ order }: { order: Order }) {
  return (
    <Card title="Items">
      <DataTable caption="Items of the order" columns={COLUMNS} rows={order.lines} rowKey={({ sku }) => sku} empty={null} />
      <div className={styles.totals}><TotalsTable totals={order.totals} shippingLabel={order.shipping.label} /></div>
    </Card>
  );
}
