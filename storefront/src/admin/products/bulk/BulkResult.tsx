import { useEffect, useRef } from 'react';
import { Button } from '../../../components/Button';
import { Link } from '../../../router/Link';
import { counted } from '../../components/formats';
import { pageStyles } from '../../components/Page';
import { ProgressBar } from '../../components/ProgressBar';
import { UnsavedGuard } from '../../components/UnsavedGuard';
import styles from './Bulk.module.css';
import { remaining, resultText } from './bulk-run';
import type { BulkRunControls } from './use-bulk-run';

/** The progress of a change of several products, then what came of it. */
export function BulkResult({ controls: { run, stop, retry, dismiss } }: { controls: BulkRunControls }) {
  const panel = useRef<HTMLElement>(null);
  const isRunning = run?.isRunning;
  useEffect(() => {
    if (isRunning === undefined) return;
    // The dialog that began the run is closed, and so is the button that stopped it: both had the focus.
    const focused = document.activeElement;
    if (isRunning || !focused || focused === document.body || panel.current?.contains(focused)) panel.current?.focus();
  }, [isRunning]);
  if (!run) return null;
  const { title, items, outcomes } = run;
  const left = remaining(items, outcomes);
  const again = outcomes.size < items.length ? `Continue with ${counted(left.length, 'product')}` : `Try ${counted(left.length, 'product')} again`;
  return (
    <section ref={panel} tabIndex={-1} className={pageStyles.card} aria-labelledby="bulk-title">
      <UnsavedGuard
        dirty={run.isRunning}
        title="Stop changing products?"
        text="The products that were not reached yet stay as they are."
        action="Stop and leave"
        keep="Stay here"
      />
      <h2 id="bulk-title" className={styles.title}>{title}</h2>
      {run.isRunning
        ? (
          <>
            <ProgressBar id="bulk-progress" label="Changing products. Keep this page open." value={outcomes.size} max={items.length} text={`${outcomes.size} of ${items.length}`} />
            <div><Button look="secondary" size="small" onClick={stop}>Stop</Button></div>
          </>
        )
        : (
          <>
            <p>{resultText(items, outcomes)}</p>
            <Failures run={run} />
            <div className={pageStyles.actions}>
              {left.length > 0 && <Button size="small" onClick={retry}>{again}</Button>}
              <Button look="secondary" size="small" onClick={dismiss}>Close</Button>
            </div>
          </>
        )}
    </section>
  );
}

function Failures({ run: { items, outcomes } }: { run: NonNullable<BulkRunControls['run']> }) {
  const failed = items.flatMap(({ handle, title }) => {
    const outcome = outcomes.get(handle);
    return outcome?.state === 'failed' ? [{ handle, title, reason: outcome.reason }] : [];
  });
  if (failed.length === 0) return null;
  return (
    <ul className={pageStyles.list} aria-label="Products that were not changed">
      {failed.map(({ handle, title, reason }) => (
        <li key={handle}>
          <span><Link to={`/products/${encodeURIComponent(handle)}`}>{title}</Link><span className={styles.reason}>{reason}</span></span>
        </li>
      ))}
    </ul>
  );
}
