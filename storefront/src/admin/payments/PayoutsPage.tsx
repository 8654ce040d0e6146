import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { apiPath } from '../../api/path';
import type { Items } from '../../api/types';
import { Button } from '../../components/Button';
import { TextField } from '../../components/Field';
import { Empty } from '../../components/States';
import { Amount } from '../../money/Price';
import type { GatewayBalance, PayoutDay } from '../api/types';
import { DataTable, type Column } from '../components/DataTable';
import { Card, Page, Toolbar } from '../components/Page';
import { sortRows } from '../components/table-state';
import { useTableState } from '../components/use-table-state';
import { RecordPayout } from './RecordPayout';

const BALANCE_COLUMNS: readonly Column<GatewayBalance>[] = [
  { key: 'gateway', header: 'Gateway', render: ({ gateway }) => gateway },
  { key: 'captured', header: 'Captured', align: 'end', minor: true, render: ({ captured }) => <Amount value={captured} /> },
  { key: 'refunded', header: 'Refunded', align: 'end', minor: true, render: ({ refunded }) => <Amount value={refunded} /> },
  { key: 'charged-back', header: 'Charged back', align: 'end', minor: true, render: ({ charged_back }) => <Amount value={charged_back} /> },
  { key: 'paid-out', header: 'Paid out', align: 'end', render: ({ paid_out }) => <Amount value={paid_out} /> },
  { key: 'owed', header: 'Owed to you', align: 'end', render: ({ owed }) => <strong><Amount value={owed} /></strong> },
];

const DAY_COLUMNS: readonly Column<PayoutDay>[] = [
  { key: 'day', header: 'Day (UTC)', sortable: true, render: ({ day }) => day },
  { key: 'gateway', header: 'Gateway', sortable: true, render: ({ gateway }) => gateway },
  { key: 'captured', header: 'Captured', align: 'end', minor: true, render: ({ captured }) => <Amount value={captured} /> },
  { key: 'refunded', header: 'Refunded', align: 'end', minor: true, render: ({ refunded }) => <Amount value={refunded} /> },
  { key: 'net', header: 'To be paid out', align: 'end', render: ({ net }) => <Amount value={net} /> },
  { key: 'paid-out', header: 'Paid out', align: 'end', render: ({ paid_out }) => <Amount value={paid_out} /> },
];

export default function PayoutsPage() {
  const table = useTableState('from', 'to');
  const { from, to } = table.filters;
  const balances = useQuery<Items<GatewayBalance>>({ queryKey: ['/api/v1/balances'] });
  const days = useQuery<Items<PayoutDay>>({ queryKey: [apiPath('/api/v1/payouts', { from, to })] });
  const [recording, setRecording] = useState(false);
  const rows = days.data && sortRows(days.data.items, table.sort, { day: ({ day }) => day, gateway: ({ gateway }) => gateway });
  return (
    <Page title="Balances and payouts" description="What each payment gateway has taken for you, and what it owes you." actions={<Button size="small" onClick={() => setRecording(true)}>Record payout</Button>}>
      <Card title="Balances">
        <DataTable caption="Balances" columns={BALANCE_COLUMNS} rows={balances.data?.items} rowKey={({ gateway, owed }) => `${gateway} ${owed.currency}`} error={balances.error} onRetry={() => void balances.refetch()} empty={<Empty title="No money has been taken yet" />} />
      </Card>
      <Card title="Days">
        <Toolbar label="Filters">
          <TextField id="payouts-from" label="From" type="date" hint="Thirty days ago by default." value={from ?? ''} onChange={(event) => table.setFilter('from', event.target.value)} />
          <TextField id="payouts-to" label="To" type="date" hint="Today by default." value={to ?? ''} onChange={(event) => table.setFilter('to', event.target.value)} />
        </Toolbar>
        <DataTable
          caption="Days"
          columns={DAY_COLUMNS}
          rows={rows}
          rowKey={({ day, gateway, net }) => `${day} ${gateway} ${net.currency}`}
          error={days.error}
          onRetry={() => void days.refetch()}
          sort={{ value: table.sort, onChange: table.setSort }}
          empty={<Empty title="No payments on these days" />}
        />
      </Card>
      {recording && <RecordPayout gateways={[...new Set(balances.data?.items.map(({ gateway }) => gateway))]} onClose={() => setRecording(false)} />}
    </Page>
  );
}
