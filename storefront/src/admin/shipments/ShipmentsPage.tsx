import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client';
import { Link } from '../../router/Link';
import { problemText } from '../messages/problems';
import type { ShipmentStatus } from '../../api/types';
import { Button } from '../../components/Button';
import { counted, formatMoment } from '../components/formats';
import { SelectField } from '../../components/Field';
import { Empty } from '../../components/States';
import { useToasts } from '../../components/Toasts';
import { ORDER_PATHS } from '../api/orders';
import { refreshPaths } from '../api/query-client';
import type { StaffShipment } from '../api/types';
import { DataTable, type Column } from '../components/DataTable';
import { Page, Toolbar } from '../components/Page';
import { Pager } from '../components/Pager';
import { StatusBadge } from '../components/StatusBadge';
import { useList } from '../components/use-list';
import { useTableState } from '../components/use-table-state';
import { SHIPMENT_STATUS } from '../messages/en';
import { packingSlipsPath, pickListPath } from '../printing/print-links';
import { PrintLink } from '../printing/PrintLink';
import { useCan } from '../shell/permissions';
import { actionsFor, unitCount } from './shipment-rules';

const COLUMNS: readonly Column<StaffShipment>[] = [
  { key: 'order', header: 'Order', render: (shipment) => <OrderLink shipment={shipment} /> },
  { key: 'created', header: 'Created', render: ({ created_at }) => formatMoment(created_at) },
  { key: 'items', header: 'Items', align: 'end', render: ({ lines }) => unitCount(lines) || 'All' },
  { key: 'option', header: 'Delivery', minor: true, render: ({ option }) => option.replace(/^./u, (letter) => letter.toUpperCase()) },
  { key: 'carrier', header: 'Carrier', minor: true, render: ({ carrier, tracking }) => [carrier, tracking?.tracking_number].filter(Boolean).join(', ') },
  { key: 'status', header: 'Status', render: ({ status }) => <StatusBadge status={SHIPMENT_STATUS[status]} /> },
];

export default function ShipmentsPage() {
  const table = useTableState('status');
  const { status } = table.filters;
  const list = useList<StaffShipment>('/api/v1/shipments', { status, cursor: table.cursor, limit: 25 });
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const chosen = (list.rows ?? []).filter(({ id }) => selected.has(id));
  const printable = chosen.filter(({ status: one }) => one !== 'cancelled');
  const toPick = chosen.filter(({ status: one }) => one === 'announced');
  return (
    <Page title="Shipments" description="The earliest come first.">
      <Toolbar label="Filters">
        <SelectField id="shipment-status" label="Status" value={status ?? ''} onChange={(event) => table.setFilter('status', event.target.value)}>
          <option value="">All</option>
          {(Object.keys(SHIPMENT_STATUS) as ShipmentStatus[]).map((one) => <option key={one} value={one}>{SHIPMENT_STATUS[one].label}</option>)}
        </SelectField>
        <PackSelected shipments={chosen.filter((shipment) => actionsFor(shipment, []).includes('pack'))} onDone={() => setSelected(new Set())} />
        <PrintLink to={packingSlipsPath(printable)} disabled={printable.length === 0}>{printable.length > 0 ? `Print ${counted(printable.length, 'packing slip')}` : 'Print packing slips'}</PrintLink>
        {/* Without a selection, the list is for all that is to be packed. */}
        <PrintLink to={pickListPath(toPick)} disabled={chosen.length > 0 && toPick.length === 0}>{toPick.length > 0 ? `Print pick list of ${toPick.length}` : 'Print pick list'}</PrintLink>
      </Toolbar>
      <DataTable
        caption="Shipments"
        columns={COLUMNS}
        rows={list.rows}
        rowKey={({ id }) => id}
        error={list.error}
        onRetry={list.retry}
        stale={list.stale}
        selection={{ selected, onChange: setSelected, label: ({ order_number }) => `the shipment of order ${order_number}` }}
        empty={<Empty title={status === 'announced' ? 'Nothing to pack' : 'No shipments'} />}
        footer={<Pager controls={table} list={list} />}
      />
    </Page>
  );
}

/** Marks the selected shipments as packed, one after another. */
function PackSelected({ shipments, onDone }: { shipments: readonly StaffShipment[]; onDone: () => void }) {
  const client = useQueryClient();
  const { notify } = useToasts();
  const [busy, setBusy] = useState(false);
  const pack = async () => {
    setBusy(true);
    let packed = 0;
    try {
      for (const { id } of shipments) {
        await api.post(`/api/v1/shipments/${id}/pack`, {}, { as: 'account' });
        packed += 1;
      }
      notify({ text: `Packed ${counted(packed, 'shipment')}.` });
      onDone();
    } catch (error) {
      notify({ kind: 'problem', text: `Packed ${packed} of ${counted(shipments.length, 'shipment')}. ${problemText(error)}` });
    } finally {
      setBusy(false);
      void refreshPaths(client, ...ORDER_PATHS);
    }
  };
  return <Button look="secondary" size="small" disabled={shipments.length === 0} busy={busy} onClick={() => void pack()}>Mark {shipments.length || ''} as packed</Button>;
}

function OrderLink({ shipment: { order_id, order_number } }: { shipment: StaffShipment }) {
  const can = useCan();
  return <Link to={can('orders:read') ? `/orders/${order_id}` : `/shipments/${order_id}`}>{order_number || 'Earlier order'}</Link>;
}
