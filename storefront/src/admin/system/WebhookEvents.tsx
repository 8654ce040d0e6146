import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Items } from '../../api/types';
import { Button } from '../../components/Button';
import { formatMoment } from '../components/formats';
import { Empty } from '../../components/States';
import { Amount } from '../../money/Price';
import type { WebhookEvent } from '../api/types';
import { useChange } from '../api/use-command';
import { DataTable, type Column } from '../components/DataTable';
import { Card, pageStyles } from '../components/Page';
import { useSubmit } from '../components/use-submit';
import { useCan } from '../shell/permissions';
import { DiscardDialog } from './DiscardDialog';

export function WebhookEvents() {
  const can = useCan();
  const events = useQuery<Items<WebhookEvent>>({ queryKey: ['/api/v1/webhook-events'] });
  const [discarding, setDiscarding] = useState<WebhookEvent | null>(null);
  const columns: Column<WebhookEvent>[] = [
    { key: 'kind', header: 'Event', render: ({ gateway, kind }) => `${gateway}: ${kind}` },
    { key: 'transaction', header: 'Transaction', minor: true, render: ({ transaction }) => transaction },
    { key: 'received', header: 'Received', render: ({ received_at }) => formatMoment(received_at) },
    { key: 'amount', header: 'Amount', align: 'end', render: ({ amount }) => amount && <Amount value={amount} /> },
    { key: 'reason', header: 'Error', render: ({ reason }) => reason ?? 'Not known' },
    { key: 'actions', header: 'Actions', align: 'end', render: (event) => can('webhooks:write') && <Actions event={event} onDiscard={() => setDiscarding(event)} /> },
  ];
  return (
    <Card title="Failed webhook events of payment gateways">
      <DataTable caption="Failed webhook events of payment gateways" columns={columns} rows={events.data?.items} rowKey={({ gateway, id }) => `${gateway} ${id}`} error={events.error} onRetry={() => void events.refetch()} empty={<Empty title="Every message of the payment gateways was processed" />} />
      {discarding && <Discard event={discarding} onClose={() => setDiscarding(null)} />}
    </Card>
  );
}

function pathOf({ gateway, id }: WebhookEvent): string {
  return `/api/v1/webhook-events/${encodeURIComponent(gateway)}/${encodeURIComponent(id)}`;
}

function Actions({ event, onDiscard }: { event: WebhookEvent; onDiscard: () => void }) {
  const replay = useChange<undefined>(() => ({ method: 'post', path: `${pathOf(event)}/replay`, body: {} }), ['/api/v1/webhook-events']);
  const form = useSubmit(replay, { done: 'The event is being processed again.' });
  return (
    <span className={pageStyles.actions}>
      <Button look="secondary" size="small" busy={form.busy} aria-label={`Process again: ${event.kind}`} onClick={() => form.submit(undefined)}>Process again</Button>
      <Button look="quiet" size="small" aria-label={`Discard ${event.kind}`} onClick={onDiscard}>Discard…</Button>
      {form.errors.map(({ message }) => <span key={message} role="alert">{message}</span>)}
    </span>
  );
}

function Discard({ event, onClose }: { event: WebhookEvent; onClose: () => void }) {
  const discard = useChange<{ reason: string }>((body) => ({ method: 'post', path: `${pathOf(event)}/discard`, body }), ['/api/v1/webhook-events']);
  return <DiscardDialog title={`Discard ${event.kind}?`} text="The gateway's message is never processed, and what it said about a payment is lost. This can't be undone." discard={discard} onClose={onClose} />;
}
