import { isProblem, isStatus, NoResponseError } from '../../../api/problem';
import type { ProductDraft } from '../../api/types';
import { counted } from '../../components/formats';
import { formErrors } from '../../messages/problems';
import { changedDraft, type BulkChange } from './bulk-change';

export interface BulkItem {
  handle: string;
  title: string;
}

export type Outcome = { state: 'changed' } | { state: 'unchanged' } | { state: 'failed'; reason: string };

export type Outcomes = ReadonlyMap<string, Outcome>;

/** The functions that a run calls. */
export interface BulkIo {
  load: (handle: string) => Promise<ProductDraft>;
  save: (handle: string, draft: ProductDraft) => Promise<unknown>;
  wait: (ms: number) => Promise<void>;
}

interface RunOptions {
  onOutcome: (handle: string, outcome: Outcome) => void;
  isStopped: () => boolean;
}

/**
 * Changes one product after another. The draft has the version of the product, so the server refuses to overwrite what
 * somebody else saves in between. A failure does not end the run, unless all others would fail in the same way.
 */
export async function runBulk(items: readonly BulkItem[], change: BulkChange, io: BulkIo, { onOutcome, isStopped }: RunOptions): Promise<void> {
  for (const { handle } of items) {
    if (isStopped()) return;
    try {
      const draft = await patiently(() => io.load(handle), io.wait);
      const changed = changedDraft(handle, draft, change);
      if (changed) await patiently(() => io.save(handle, changed), io.wait);
      onOutcome(handle, { state: changed ? 'changed' : 'unchanged' });
    } catch (error) {
      onOutcome(handle, { state: 'failed', reason: reasonOf(error) });
      if (error instanceof NoResponseError || isStatus(error, 401)) return;
    }
  }
}

const MAX_WAITS = 5;

/** Repeats a call that the server puts off because there are too many. */
export async function patiently<T>(call: () => Promise<T>, wait: BulkIo['wait']): Promise<T> {
  for (let waits = 0; ; waits += 1) {
    try {
      return await call();
    } catch (error) {
      if (!isStatus(error, 429) || waits === MAX_WAITS) throw error;
      await wait(1_000 * 2 ** waits);
    }
  }
}

/** Says why a product was not changed. */
export function reasonOf(error: unknown): string {
  if (isProblem(error, 'stale-version')) return 'Somebody else saved it at the same moment, and their version was kept. Try again.';
  if (isStatus(error, 404)) return 'It was deleted in the meantime.';
  return formErrors(error, {}).map(({ message }) => message).join(' ');
}

/** Those that a further run has to try: the failed ones and those that were not reached. */
export function remaining(items: readonly BulkItem[], outcomes: Outcomes): BulkItem[] {
  return items.filter(({ handle }) => {
    const outcome = outcomes.get(handle);
    return !outcome || outcome.state === 'failed';
  });
}

/** Sums up a run: "18 products changed, 1 needed no change, 1 failed." */
export function resultText(items: readonly BulkItem[], outcomes: Outcomes): string {
  const count = (state: Outcome['state']) => items.filter(({ handle }) => outcomes.get(handle)?.state === state).length;
  const [changed, unchanged, failed] = [count('changed'), count('unchanged'), count('failed')];
  const untried = items.length - changed - unchanged - failed;
  const parts = [`${counted(changed, 'product')} changed`];
  if (unchanged > 0) parts.push(`${unchanged} needed no change`);
  if (failed > 0) parts.push(`${failed} failed`);
  if (untried > 0) parts.push(`${untried} not tried`);
  return `${parts.join(', ')}.`;
}
