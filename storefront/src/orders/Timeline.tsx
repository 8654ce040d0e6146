import type { Order, TimelineEntry } from '../api/types';
import { formatMoment } from '../components/dates';
import { useMoneyFormat } from '../money/Price';
import { titleOf } from './returns';
import { timelineMessage } from './timeline';
import styles from './Timeline.module.css';
import type { Connection } from './use-timeline';

const CONNECTION_TEXT: Record<Connection, string> = {
  connecting: '',
  live: 'Updates automatically',
  lost: 'Connection lost. Reconnecting…',
  ended: '',
};

interface TimelineProps {
  entries: TimelineEntry[];
  lines: Order['lines'];
  connection: Connection;
}

export function Timeline({ entries, lines, connection }: TimelineProps) {
  const money = useMoneyFormat();
  const itemTitle = (sku: string) => {
    const line = lines.find((one) => one.sku === sku);
    return line && titleOf(line);
  };
  return (
    <section aria-labelledby="timeline-title">
      <header className={styles.head}>
        <h2 id="timeline-title">Order history</h2>
        <span className={styles.connection} data-connection={connection}>{CONNECTION_TEXT[connection]}</span>
      </header>
      <ol className={styles.timeline} aria-live="polite" aria-relevant="additions">
        {entries.map((entry) => {
          const message = timelineMessage(entry, { money, itemTitle });
          return message && (
            <li key={entry.number}>
              {message.title && <p className={styles.kind}>{message.title}</p>}
              <p>{message.text}</p>
              <time dateTime={entry.at}>{formatMoment(entry.at)}</time>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
