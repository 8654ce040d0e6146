import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Items } from '../../api/types';
import { Button } from '../../components/Button';
import { useLocation, useSearchParams } from '../../router/hooks';
import { counted, formatMoment } from '../components/formats';
import { SelectField } from '../../components/Field';
import { Empty } from '../../components/States';
import type { DeadLetter } from '../api/types';
import { useChange } from '../api/use-command';
import { DataTable, type Column } from '../components/DataTable';
import { Card, pageStyles, Toolbar } from '../components/Page';
import { useSubmit } from '../components/use-submit';
import { QUEUE } from '../messages/en';
import { useCan } from '../shell/permissions';
import { DiscardDialog } from './DiscardDialog';

type Queue = keyof typeof QUEUE;

const QUEUES = Object.keys(QUEUE) as Queue[];

export function DeadLetters() {
  const [params, setParams] = useSearchParams();
  const { state } = useLocation();
  const queue = QUEUES.find((one) => one === params.get('queue')) ?? 'dispatch';
  // The page of the images above is in the URL too, and the pages before it in the state.
  const setQueue = (next: string) => setParams({ ...Object.fromEntries(params), queue: next }, { replace: true, preventScrollReset: true, state });
  const path = `/api/v1/dead-letters/${queue}`;
  const letters = useQuery<Items<DeadLetter>>({ queryKey: [path] });
  const [discarding, setDiscarding] = useState<DeadLetter | null>(null);
  const columns: Column<DeadLetter>[] = [
    { key: 'type', header: 'Event', render: ({ event_type }) => event_type },
    { key: 'received', header: 'Received', render: ({ received_at }) => formatMoment(received_at) },
    { key: 'reason', header: 'Error', render: ({ reason, tries, data }) => <Reason reason={`${reason} (${counted(tries, 'attempt')})`} data={data} /> },
    { key: 'actions', header: 'Actions', align: 'end', render: (letter) => <Actions queue={queue} letter={letter} onDiscard={() => setDiscarding(letter)} /> },
  ];
  return (
    <Card title="Events that could not be processed">
      <Toolbar label="Queue">
        <SelectField id="dead-letter-queue" label="Queue" value={queue} onChange={(event) => setQueue(event.target.value)}>
          {QUEUES.map((one) => <option key={one} value={one}>{QUEUE[one]}</option>)}
        </SelectField>
      </Toolbar>
      <DataTable caption={`Dead letters of ${QUEUE[queue]}`} columns={columns} rows={letters.data?.items} rowKey={({ event_id }) => event_id} error={letters.error} onRetry={() => void letters.refetch()} empty={<Empty title="Everything was processed" />} />
      {discarding && <Discard queue={queue} letter={discarding} onClose={() => setDiscarding(null)} />}
    </Card>
  );
}

function Reason({ reason, data }: { reason: string; data: unknown }) {
  return (
    <details>
      <summary>{reason}</summary>
      <pre className={pageStyles.mono}>{JSON.stringify(data, null, 2)}</pre>
    </details>
  );
}

function Actions({ queue, letter, onDiscard }: { queue: Queue; letter: DeadLetter; onDiscard: () => void }) {
  const can = useCan();
  const replay = useChange<undefined>(() => ({ method: 'post', path: `/api/v1/dead-letters/${queue}/${letter.event_id}/replay`, body: {} }), ['/api/v1/dead-letters']);
  const form = useSubmit(replay, { done: 'The event is being processed again.' });
  if (!can('system:write')) return null;
  return (
    <span className={pageStyles.actions}>
      <Button look="secondary" size="small" busy={form.busy} aria-label={`Process again: ${letter.event_type}`} onClick={() => form.submit(undefined)}>Process again</Button>
      <Button look="quiet" size="small" aria-label={`Discard ${letter.event_type}`} onClick={onDiscard}>Discard…</Button>
      {form.errors.map(({ message }) => <span key={message} role="alert">{message}</span>)}
    </span>
  );
}

function Discard({ queue, letter, onClose }: { queue: Queue; letter: DeadLetter; onClose: () => void }) {
  const discard = useChange<{ reason: string }>((body) => ({ method: 'post', path: `/api/v1/dead-letters/${queue}/${letter.event_id}/discard`, body }), ['/api/v1/dead-letters']);
  return <DiscardDialog title={`Discard ${letter.event_type}?`} text="The event will never be processed. Whatever depended on it, such as an order's next step, has to be done by hand. This can't be undone." discard={discard} onClose={onClose} />;
}
