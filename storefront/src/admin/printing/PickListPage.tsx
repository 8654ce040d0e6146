import { useShop } from '../../api/catalogue';
import { Empty } from '../../components/States';
import { useSearchParams } from '../../router/hooks';
import type { PackingList } from '../api/types';
import { counted, formatMoment } from '../components/formats';
import { ORDER_STATUS } from '../messages/en';
import { readPrintQuery } from './print-links';
import { mayBePacked, pickList, type PickItem } from './print-rules';
import { PrintPage } from './PrintPage';
import styles from './Printing.module.css';
import { usePackingLists } from './use-packing-lists';

/** Prints what is to be taken from the shelves for several shipments in one go. */
export default function PickListPage() {
  const [params] = useSearchParams();
  const { orders, ids } = readPrintQuery(params);
  const lists = usePackingLists(orders);
  const items = pickList(lists.data ?? [], ids);
  const held = (lists.data ?? []).filter((list) => !mayBePacked(list));
  const description = ids ? 'The selected shipments, as far as they are to be packed.' : 'All shipments that are to be packed.';
  return (
    <PrintPage title="Pick list" description={description} lists={lists} ready={items.length > 0}>
      {items.length === 0 ? <Empty title="Nothing to pick" /> : <List items={items} printedAt={new Date(lists.dataUpdatedAt).toISOString()} />}
      {held.length > 0 && <Held lists={held} />}
    </PrintPage>
  );
}

function List({ items, printedAt }: { items: PickItem[]; printedAt: string }) {
  const { data: shop } = useShop();
  const units = items.reduce((sum, { quantity }) => sum + quantity, 0);
  const orders = new Set(items.flatMap((item) => item.orders.map(({ number }) => number)));
  return (
    <section className={styles.paper} aria-labelledby="pick-list">
      <header className={styles.slipHead}>
        <h2 id="pick-list">Pick list</h2>
        <p>{shop?.name}, {formatMoment(printedAt)}</p>
      </header>
      <table className={styles.table}>
        <caption className="visually-hidden">Items to pick</caption>
        <thead>
          <tr>
            <th scope="col">SKU</th>
            <th scope="col">Item</th>
            <th scope="col" className={styles.end}>Quantity</th>
            <th scope="col">Orders</th>
          </tr>
        </thead>
        <tbody>{items.map((item) => <Row key={item.sku} item={item} />)}</tbody>
        <tfoot><tr><th scope="row" colSpan={2}>{counted(items.length, 'SKU')}</th><td className={styles.end}>{units}</td><td>{counted(orders.size, 'order')}</td></tr></tfoot>
      </table>
    </section>
  );
}

function Row({ item: { sku, title, optionValues, quantity, orders } }: { item: PickItem }) {
  return (
    <tr>
      {/* The box is to be ticked on paper. */}
      <th scope="row"><span className={styles.box} aria-hidden="true" /> {sku}</th>
      <td className={styles.itemTitle}>{title}{optionValues.length > 0 && <span className={styles.options}>{optionValues.join(' / ')}</span>}</td>
      <td className={styles.end}>{quantity}</td>
      <td>{orders.map((order) => (orders.length > 1 ? `${order.number} (${order.quantity})` : order.number)).join(', ')}</td>
    </tr>
  );
}

/** Names the orders that were left out, so that nobody looks for them. */
function Held({ lists }: { lists: PackingList[] }) {
  return (
    <section className={styles.held} aria-labelledby="held">
      <h2 id="held">Not to be picked now</h2>
      <ul>{lists.map(({ order_id, order_number, status }) => <li key={order_id}>Order {order_number}: {ORDER_STATUS[status].label}</li>)}</ul>
    </section>
  );
}
