import type { TimelineEntry } from '../api/types';
import { formatMoment } from '../components/dates';
import { kindTitle } from './timeline';
import styles from './Timeline.module.css';
import type { Connection } from './use-timeline';

const CONNECTION_WORDS: Record<Connection, string> = {
  connecting: '',
  live: 'Updates by itself',
  lost: 'Connection lost, trying again…',
  ended: '',
};

export function Timeline({ entries, connection }: { entries: TimelineEntry[]; connection: Connection }) {
  return (
    <section aria-labelledby="timeline-title">
      <header className={styles.head}>
        <h2 id="timeline-title">What has happened</h2>
        <span className={styles.connection} data-connection={connection}>{CONNECTION_WORDS[connection]}</span>
      </header>
      <ol className={styles.timeline} aria-live="polite" aria-relevant="additions">
        {entries.map((entry) => (
          <li key={entry.number}>
            {kindTitle(entry.kind) && <p className={styles.kind}>{kindTitle(entry.kind)}</p>}
            <p>{entry.text}</p>
            <time dateTime={entry.at}>{formatMoment(entry.at)}</time>
          </li>
        ))}
      </ol>
    </section>
  );
}
