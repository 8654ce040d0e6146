import { useAccount } from '../../api/account';
import type { Order, TimelineEntry } from '../../api/types';
import { useFormats } from '../../messages/formats';
import { authorText } from '../components/author';
import { formatMoment } from '../components/formats';
import { titleOf } from '../../orders/returns';
import type { Connection } from '../../orders/use-timeline';
import { Card } from '../components/Page';
import { TIMELINE } from '../messages/en';
import { NoteForm } from './NoteForm';
import styles from './Order.module.css';

const WARNINGS = new Set<TimelineEntry['kind']>(['needs_attention', 'payment_issue', 'refund_failed', 'cancellation_failed']);

export function StaffTimeline({ order, entries, connection }: { order: Order; entries: TimelineEntry[]; connection: Connection }) {
  return (
    <Card title="History" actions={<span className={styles.soft}>{connection === 'live' ? 'Updates automatically' : connection === 'lost' ? 'Reconnecting…' : ''}</span>}>
      <ol className={styles.timeline} aria-live="polite" aria-relevant="additions">
        {entries.map((entry) => <Entry key={entry.number} entry={entry} lines={order.lines} />)}
      </ol>
      <NoteForm order={order} />
    </Card>
  );
}

function Entry({ entry, lines }: { entry: TimelineEntry; lines: Order['lines'] }) {
  const { money } = useFormats();
  const { data: account } = useAccount();
  const { data, staff_note: note } = entry;
  const itemTitle = (sku: string) => {
    const line = lines.find((one) => one.sku === sku);
    return line ? titleOf(line) : sku;
  };
  const details = [
    data?.amount && money(data.amount),
    data?.tracking_number,
    data?.skus?.length ? data.skus.map(itemTitle).join(', ') : null,
    data?.reason,
    note?.reason && note.reason !== data?.reason ? note.reason : null,
  ].filter(Boolean);
  return (
    <li data-warn={WARNINGS.has(entry.kind) || undefined}>
      {/* A newer server may send kinds that this page does not know yet. */}
      <p className={styles.kind}>{TIMELINE[entry.kind] ?? entry.text ?? entry.kind}</p>
      {details.map((detail) => <p key={detail} className={styles.detail}>{detail}</p>)}
      <p className={styles.soft}>
        <time dateTime={entry.at}>{formatMoment(entry.at)}</time>
        {note?.author && `, by ${authorText(note.author, account?.id)}`}
      </p>
    </li>
  );
}
