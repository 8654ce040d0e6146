import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Items } from '../../api/types';
import { Button } from '../../components/Button';
import { Empty } from '../../components/States';
import type { ApiKey } from '../api/types';
import { useChange } from '../api/use-command';
import { DataTable, type Column } from '../components/DataTable';
import { ActionDialog } from '../components/Dialog';
import { formatDate, formatMoment } from '../components/formats';
import { Page } from '../components/Page';
import { useSubmit } from '../components/use-submit';
import { ROLE } from '../messages/en';
import { NewApiKeyDialog } from './NewApiKeyDialog';

const API_KEYS = '/api/v1/api-keys';

export default function ApiKeysPage() {
  const keys = useQuery<Items<ApiKey>>({ queryKey: [API_KEYS] });
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const columns: Column<ApiKey>[] = [
    { key: 'name', header: 'Name', render: ({ name }) => name },
    { key: 'roles', header: 'Roles', render: ({ roles }) => roles.map((role) => ROLE[role].label).join(', ') },
    { key: 'created', header: 'Created', minor: true, render: ({ created_at }) => formatDate(created_at) },
    { key: 'used', header: 'Last used', minor: true, render: ({ last_used_at }) => (last_used_at ? formatMoment(last_used_at) : 'Never') },
    {
      key: 'actions',
      header: 'Actions',
      align: 'end',
      render: (key) => <Button look="secondary" size="small" aria-label={`Revoke ${key.name}`} onClick={() => setRevoking(key)}>Revoke…</Button>,
    },
  ];
  return (
    <Page
      title="API keys"
      description="For programs and partners that work with the shop by its API, such as a warehouse."
      actions={<Button size="small" onClick={() => setCreating(true)}>Add API key</Button>}
    >
      <DataTable caption="API keys" columns={columns} rows={keys.data?.items} rowKey={({ id }) => id} error={keys.error} onRetry={() => void keys.refetch()} empty={<Empty title="No API keys yet" />} />
      {creating && <NewApiKeyDialog onClose={() => setCreating(false)} />}
      {revoking && <RevokeDialog apiKey={revoking} onClose={() => setRevoking(null)} />}
    </Page>
  );
}

function RevokeDialog({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const revoke = useChange<undefined>(() => ({ method: 'delete', path: `${API_KEYS}/${apiKey.id}` }), [API_KEYS]);
  const form = useSubmit(revoke, { done: `${apiKey.name} is revoked.`, onDone: onClose });
  return (
    <ActionDialog open onClose={onClose} title={`Revoke ${apiKey.name}?`} action="Revoke" danger busy={form.busy} errors={form.errors} onSubmit={() => form.submit(undefined)}>
      <p>Programs that use the key lose their access within ten minutes. This can't be undone.</p>
    </ActionDialog>
  );
}
