import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAccount } from '../../api/account';
import { isStatus } from '../../api/problem';
import type { Account } from '../../api/types';
import { Button } from '../../components/Button';
import { Empty, Failure, Loading, Skeleton } from '../../components/States';
import { useParams } from '../../router/hooks';
import { Link } from '../../router/Link';
import type { StaffOrder } from '../api/types';
import { DataTable } from '../components/DataTable';
import { formatDate } from '../components/formats';
import { Card, Columns, Facts, Page } from '../components/Page';
import { Pager } from '../components/Pager';
import { useList } from '../components/use-list';
import { useTableState } from '../components/use-table-state';
import { ROLE } from '../messages/en';
import { ORDER_COLUMNS } from '../orders/order-columns';
import { RolesDialog } from './RolesDialog';

const BACK = { to: '/accounts', label: 'Customers and staff' };

export default function CustomerPage() {
  const { id = '' } = useParams();
  const account = useQuery<Account>({ queryKey: [`/api/v1/accounts/${encodeURIComponent(id)}`] });
  if (account.data) return <CustomerView key={account.data.id} account={account.data} />;
  return (
    <Page title="Customer" back={BACK}>
      {account.isPending
        ? <Loading label="Loading the account"><Skeleton height="24rem" /></Loading>
        : isStatus(account.error, 404) || isStatus(account.error, 422)
          ? <Empty title="Account not found"><p>It may have been deleted.</p></Empty>
          : <Failure error={account.error} onRetry={() => void account.refetch()} title="The account couldn't be loaded" />}
    </Page>
  );
}

function CustomerView({ account }: { account: Account }) {
  const { data: me } = useAccount();
  const [editing, setEditing] = useState(false);
  const isMe = account.id === me?.id;
  return (
    <Page title={account.name || account.email} back={BACK}>
      <Columns
        main={<Orders email={account.email} />}
        side={
          <Card title="Account" actions={<Button look="secondary" size="small" onClick={() => setEditing(true)}>Roles…</Button>}>
            <Facts
              items={[
                ['Name', account.name],
                ['Email', <a key="email" href={`mailto:${account.email}`}>{account.email}</a>],
                ['Roles', `${account.roles.map((role) => ROLE[role].label).join(', ') || 'None'}${isMe ? ' (you)' : ''}`],
                ['Member since', formatDate(account.created_at)],
              ]}
            />
          </Card>
        }
      />
      {editing && <RolesDialog account={account} isMe={isMe} onClose={() => setEditing(false)} />}
    </Page>
  );
}

const COLUMNS = ORDER_COLUMNS.filter(({ key }) => key !== 'customer');

/** The orders with the email address of the account, those placed without logging in included. */
function Orders({ email }: { email: string }) {
  const table = useTableState();
  const list = useList<StaffOrder>('/api/v1/orders', { all: true, q: email, cursor: table.cursor, limit: 25 });
  // The search finds longer addresses as well: ann@shop.co is the beginning of ann@shop.com.
  const rows = list.rows?.filter(({ customer }) => customer?.email.toLowerCase() === email.toLowerCase());
  return (
    <Card title="Orders" actions={<Link to={`/orders?${new URLSearchParams({ q: email })}`}>Find in orders</Link>}>
      <DataTable
        caption="Orders of this customer"
        columns={COLUMNS}
        rows={rows}
        rowKey={({ id }) => id}
        error={list.error}
        onRetry={list.retry}
        stale={list.stale}
        empty={<Empty title={list.nextCursor ? 'No orders on this page' : 'No orders with this email address'} />}
        footer={<Pager controls={table} list={list} />}
      />
    </Card>
  );
}
