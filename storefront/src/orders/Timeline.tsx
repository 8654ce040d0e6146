import type { Order, TimelineEntry } from '../api/types';
import { usePurchaseMessages } from '../messages/messages';
import { useFormats } from '../messages/formats';
import { titleOf } from './returns';
import { timelineMessage } from './timeline';
import styles from './Timeline.module.css';
import type { Connection } from './use-timeline';

interface TimelineProps {
  entries: TimelineEntry[];
  lines: Order['lines'];
  connection: Connection;
}

export function Timeline({ entries, lines, connection }: TimelineProps) {
  const t = usePurchaseMessages();
  const { money, moment } = useFormats();
  const itemTitle = (sku: string) => {
    const line = lines.find((one) => one.sku === sku);
    return line && titleOf(line);
  };
  return (
    <section aria-labelledby="timeline-title">
      <header className={styles.head}>
        <h2 id="timeline-title">{t.orders.history}</h2>
        <span className={styles.connection} data-connection={connection}>{connection === 'live' ? t.orders.live : connection === 'lost' ? t.orders.lost : ''}</span>
      </header>
      <ol className={styles.timeline} aria-live="polite" aria-relevant="additions">
        {entries.map((entry) => {
          const message = timelineMessage(entry, { money, itemTitle }, t);
          return message && (
            <li key={entry.number}>
              {message.title && <p className={styles.kind}>{message.title}</p>}
              <p>{message.text}</p>
              <time dateTime={entry.at}>{moment(entry.at)}</time>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
