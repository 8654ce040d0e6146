import { useShop } from '../../api/catalogue';
import { AddressText } from '../../checkout/AddressFields';
import { Empty } from '../../components/States';
import { useSearchParams } from '../../router/hooks';
import { counted, formatDate } from '../components/formats';
import { ORDER_STATUS } from '../messages/en';
import { readPrintQuery } from './print-links';
import { mayBePacked, packingSlips, type PackingSlip } from './print-rules';
import { PrintPage } from './PrintPage';
import styles from './Printing.module.css';
import { usePackingLists } from './use-packing-lists';

/** Prints a page for each parcel, to be packed by and put into it. It has no prices. */
export default function PackingSlipsPage() {
  const [params] = useSearchParams();
  const { orders, ids } = readPrintQuery(params);
  const lists = usePackingLists(orders ?? []);
  const slips = packingSlips(lists.data ?? [], ids);
  return (
    <PrintPage title="Packing slips" description={`${counted(slips.length, 'slip')}, each on a page of its own.`} lists={lists} ready={slips.length > 0}>
      {slips.length === 0 && <Empty title="No shipments to print"><p>They may have been cancelled or merged.</p></Empty>}
      {slips.map((slip) => <Slip key={slip.shipment.id} slip={slip} />)}
    </PrintPage>
  );
}

function Slip({ slip: { list, shipment, parcel, parcels, lines } }: { slip: PackingSlip }) {
  const { data: shop } = useShop();
  const units = lines.reduce((sum, { quantity }) => sum + quantity, 0);
  return (
    <article className={styles.paper} aria-label={`Packing slip of shipment ${shipment.number}`}>
      <header className={styles.slipHead}>
        <p className={styles.shop}>{shop?.name}</p>
        <h2>Packing slip</h2>
      </header>
      <Warning list={list} />
      <div className={styles.slipFacts}>
        <div>
          <h3>Deliver to</h3>
          <div className={styles.address}><AddressText address={list.address} /></div>
          {list.address.phone && <p>Phone: {list.address.phone}</p>}
        </div>
        <dl>
          <div><dt>Order</dt><dd>{list.order_number}</dd></div>
          <div><dt>Placed</dt><dd>{formatDate(list.placed_at)}</dd></div>
          <div><dt>Delivery method</dt><dd>{list.shipping_option}</dd></div>
          {parcels > 1 && <div><dt>Parcel</dt><dd>{parcel} of {parcels}</dd></div>}
        </dl>
      </div>
      <p className={styles.number}><span>Shipment number</span> <strong>{shipment.number}</strong></p>
      <table className={styles.table}>
        <caption className="visually-hidden">Items of the shipment</caption>
        <thead><tr><th scope="col">Item</th><th scope="col">SKU</th><th scope="col" className={styles.end}>Quantity</th></tr></thead>
        <tbody>
          {lines.map(({ sku, title, option_values, quantity }) => (
            <tr key={sku}>
              <th scope="row" className={styles.itemTitle}>{title}{option_values.length > 0 && <span className={styles.options}>{option_values.join(' / ')}</span>}</th>
              <td>{sku}</td>
              <td className={styles.end}>{quantity}</td>
            </tr>
          ))}
        </tbody>
        <tfoot><tr><th scope="row" colSpan={2}>Units</th><td className={styles.end}>{units}</td></tr></tfoot>
      </table>
    </article>
  );
}

/** Stops people who would pack an order that must not leave, or units that the customer has withdrawn from. */
function Warning({ list }: Pick<PackingSlip, 'list'>) {
  if (list.status === 'delivered') return null;
  if (mayBePacked(list)) {
    if (list.withdrawn.length === 0) return null;
    const units = list.withdrawn.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ');
    return <p className={styles.warning}>The customer has withdrawn from {units}. Do not pack these units.</p>;
  }
  return <p className={styles.warning}>Do not pack. Status of the order: {ORDER_STATUS[list.status].label}</p>;
}
