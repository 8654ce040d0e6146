import { useQuery } from '@tanstack/react-query';
import type { Items } from '../../api/types';
import { Button } from '../../components/Button';
import { counted, formatMoment } from '../components/formats';
import { Empty } from '../../components/States';
import type { FailedEmail } from '../api/types';
import { useChange } from '../api/use-command';
import { DataTable, type Column } from '../components/DataTable';
import { Card } from '../components/Page';
import { useSubmit } from '../components/use-submit';
import { useCan } from '../shell/permissions';

const COLUMNS: readonly Column<FailedEmail>[] = [
  { key: 'subject', header: 'Subject', render: ({ subject }) => subject },
  { key: 'to', header: 'To', render: ({ to }) => to },
  { key: 'written', header: 'Written', minor: true, render: ({ written_at }) => formatMoment(written_at) },
  { key: 'reason', header: 'Error', render: ({ reason, tries }) => `${reason} (${counted(tries, 'attempt')})` },
  { key: 'actions', header: 'Actions', align: 'end', render: (email) => <RetryButton email={email} /> },
];

export function FailedEmails() {
  const emails = useQuery<Items<FailedEmail>>({ queryKey: ['/api/v1/emails/failed'] });
  return (
    <Card title="Failed emails">
      <DataTable caption="Failed emails" columns={COLUMNS} rows={emails.data?.items} rowKey={({ id }) => id} error={emails.error} onRetry={() => void emails.refetch()} empty={<Empty title="All emails were sent" />} />
    </Card>
  );
}

function RetryButton({ email }: { email: FailedEmail }) {
  const can = useCan();
  const retry = useChange<undefined>(() => ({ method: 'post', path: `/api/v1/emails/failed/${encodeURIComponent(email.id)}/retry`, body: {} }), ['/api/v1/emails']);
  const form = useSubmit(retry, { done: 'The email is being sent again.' });
  if (!can('system:write')) return null;
  return (
    <>
      <Button look="secondary" size="small" busy={form.busy} aria-label={`Send again: ${email.subject}`} onClick={() => form.submit(undefined)}>Send again</Button>
      {form.errors.map(({ message }) => <p key={message} role="alert">{message}</p>)}
    </>
  );
}
