import { Amount } from '../../money/Price';
import { Link } from '../../router/Link';
import type { StaffOrder } from '../api/types';
import type { Column } from '../components/DataTable';
import { formatMoment } from '../components/formats';
import { StatusBadge } from '../components/StatusBadge';
import { ORDER_STATUS } from '../messages/en';
import styles from './Order.module.css';

/** The columns of a list of orders. */
export const ORDER_COLUMNS: readonly Column<StaffOrder>[] = [
  { key: 'number', header: 'Order', render: ({ id, number }) => <Link to={`/orders/${id}`}>{number}</Link> },
  { key: 'placed', header: 'Placed', minor: true, render: ({ placed_at }) => formatMoment(placed_at) },
  { key: 'customer', header: 'Customer', render: ({ customer }) => customer && <>{customer.name}<span className={styles.email}>{customer.email}</span></> },
  { key: 'items', header: 'Items', align: 'end', minor: true, render: ({ item_count }) => item_count },
  { key: 'total', header: 'Total', align: 'end', render: ({ total }) => <Amount value={total} /> },
  { key: 'status', header: 'Status', render: ({ status }) => <StatusBadge status={ORDER_STATUS[status]} /> },
];
