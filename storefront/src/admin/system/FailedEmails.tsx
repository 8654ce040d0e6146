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
import { MESSAGE_CHANNEL } from '../messages/en';
import { useCan } from '../shell/permissions';

const COLUMNS: readonly Column<FailedEmail>[] = [
  { key: 'subject', header: 'Subject or type', render: ({ subject }) => subject },
  { key: 'channel', header: 'Channel', render: ({ channel }) => MESSAGE_CHANNEL[channel] ?? channel },
  { key: 'to', header: 'To', render: ({ to }) => to },
  { key: 'written', header: 'Written', minor: true, render: ({ written_at }) => formatMoment(written_at) },
  { key: 'reason', header: 'Error', render: ({ reason, tries }) => `${reason} (${counted(tries, 'attempt')})` },
  { key: 'actions', header: 'Actions', align: 'end', render: (message) => <RetryButton message={message} /> },
];

/** Lists emails, and webhooks to the merchant's other programs. Those of payment gateways, which the shop receives, are in `WebhookEvents`. */
export function FailedEmails() {
  const messages = useQuery<Items<FailedEmail>>({ queryKey: ['/api/v1/emails/failed'] });
  return (
    <Card title="Failed emails and webhooks">
      <DataTable caption="Failed emails and webhooks" columns={COLUMNS} rows={messages.data?.items} rowKey={({ id }) => id} error={messages.error} onRetry={() => void messages.refetch()} empty={<Empty title="All emails and webhooks were sent" />} />
    </Card>
  );
}

function RetryButton({ message }: { message: FailedEmail }) {
  const can = useCan();
  const retry = useChange<undefined>(() => ({ method: 'post', path: `/api/v1/emails/failed/${encodeURIComponent(message.id)}/retry`, body: {} }), ['/api/v1/emails']);
  const form = useSubmit(retry, { done: `The ${message.channel} is being sent again.` });
  if (!can('system:write')) return null;
  return (
    <>
      <Button look="secondary" size="small" busy={form.busy} aria-label={`Send again: ${message.subject}`} onClick={() => form.submit(undefined)}>Send again</Button>
      {form.errors.map((error) => <p key={error.message} role="alert">{error.message}</p>)}
    </>
  );
}
