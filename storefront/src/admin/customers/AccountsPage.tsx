import { useState } from 'react';
import { useAccount } from '../../api/account';
import type { Account } from '../../api/types';
import { Button } from '../../components/Button';
import { Link } from '../../router/Link';
import { formatDate } from '../components/formats';
import { Empty } from '../../components/States';
import { DataTable, type Column } from '../components/DataTable';
import { Page, Toolbar } from '../components/Page';
import { Pager } from '../components/Pager';
import { SearchField } from '../components/SearchField';
import { useList } from '../components/use-list';
import { useTableState } from '../components/use-table-state';
import { ROLE } from '../messages/en';
import { RolesDialog } from './RolesDialog';

export default function AccountsPage() {
  const { data: me } = useAccount();
  const table = useTableState('q');
  const list = useList<Account>('/api/v1/accounts', { q: table.filters.q, cursor: table.cursor, limit: 25 });
  const [edited, setEdited] = useState<Account | null>(null);
  const columns: Column<Account>[] = [
    { key: 'email', header: 'Email', render: ({ email, id }) => <><Link to={`/customers/${id}`}>{email}</Link>{id === me?.id && ' (you)'}</> },
    { key: 'name', header: 'Name', minor: true, render: ({ name }) => name },
    { key: 'roles', header: 'Roles', render: ({ roles }) => roles.map((role) => ROLE[role].label).join(', ') || 'None' },
    { key: 'created', header: 'Member since', minor: true, render: ({ created_at }) => formatDate(created_at) },
    {
      key: 'actions',
      header: 'Actions',
      align: 'end',
      render: (account) => <Button look="secondary" size="small" aria-label={`Roles of ${account.email}`} onClick={() => setEdited(account)}>Roles…</Button>,
    },
  ];
  return (
    <Page title="Customers and staff">
      <Toolbar label="Filters">
        <SearchField label="Search" hint="The beginning of the email." value={table.filters.q ?? ''} onChange={(value) => table.setFilter('q', value)} />
      </Toolbar>
      <DataTable
        caption="Accounts"
        columns={columns}
        rows={list.rows}
        rowKey={({ id }) => id}
        error={list.error}
        onRetry={list.retry}
        stale={list.stale}
        empty={<Empty title="No account with such an email" />}
        footer={<Pager controls={table} list={list} />}
      />
      {edited && <RolesDialog account={edited} isMe={edited.id === me?.id} onClose={() => setEdited(null)} />}
    </Page>
  );
}
