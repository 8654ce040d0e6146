import type { ImportCounts, ImportStatus, ProductImport } from '../api/types';
import { counted } from '../components/formats';

/** The import is not over yet. */
export function isActive(status: ImportStatus | undefined): boolean {
  return status === 'waiting' || status === 'running';
}

/** Sums up an import in a sentence, such as "40 products will be created, 2 changed, 1 skipped." */
export function summaryText({ counts, dry_run, status }: Pick<ProductImport, 'counts' | 'dry_run' | 'status'>): string {
  const outcomes = ([[counts.created, 'created'], [counts.updated, 'changed'], [counts.skipped, 'skipped']] as const).filter(([count]) => count > 0);
  const sentences: string[] = [];
  const [first, ...others] = outcomes;
  if (first) {
    const verb = dry_run ? 'will be' : wasOrWere(first[0]);
    const rest = others.map(([count, outcome]) => `, ${count} ${outcome}`).join('');
    sentences.push(`${counted(first[0], 'product')} ${verb} ${first[1]}${rest}.`);
  }
  if (counts.unchanged > 0) sentences.push(`${counted(counts.unchanged, 'product')} ${counts.unchanged === 1 ? 'has' : 'have'} the content of the file already.`);
  if (counts.stock_set > 0) sentences.push(`The stock of ${counted(counts.stock_set, 'SKU')} ${dry_run ? 'will be' : 'was'} set.`);
  if (sentences.length === 0) return isActive(status) ? 'No products so far.' : 'No products were found in the file.';
  return `${isActive(status) ? 'So far: ' : ''}${sentences.join(' ')}`;
}

/** The same for a row of a list: "40 created, 2 changed". */
export function shortSummary({ created, updated, unchanged, skipped, stock_set }: ImportCounts): string {
  const parts = ([[created, 'created'], [updated, 'changed'], [skipped, 'skipped'], [unchanged, 'unchanged']] as const)
    .filter(([count]) => count > 0)
    .map(([count, outcome]) => `${count} ${outcome}`);
  if (parts.length === 0 && stock_set > 0) return `Stock of ${counted(stock_set, 'SKU')}`;
  return parts.join(', ') || 'Nothing';
}

/** Further facts about the result. */
export function notesOf({ counts, resumed_after, status }: Pick<ProductImport, 'counts' | 'resumed_after' | 'status'>): string[] {
  const { rows, untracked, without_quantity, errors, warnings } = counts;
  const notes = [`${counted(rows, 'row')} ${wasOrWere(rows)} read.`];
  if (typeof resumed_after === 'number') notes.push(`Resumed after row ${resumed_after}, where an earlier import of this file was interrupted.`);
  if (untracked > 0) notes.push(`The stock of ${counted(untracked, 'variant')} is not counted: ${untracked === 1 ? 'it' : 'they'} can always be bought.`);
  if (without_quantity > 0) notes.push(`${counted(without_quantity, 'counted SKU')} ${without_quantity === 1 ? 'has no quantity in the file and starts' : 'have no quantity in the file and start'} at 0.`);
  if (isActive(status) && errors + warnings > 0) notes.push(`${counted(errors, 'error')} and ${counted(warnings, 'warning')} so far. They are listed at the end.`);
  return notes;
}

/** True if the preview found something that an import would write. */
export function hasChanges({ created, updated, stock_set }: ImportCounts): boolean {
  return created + updated + stock_set > 0;
}

/**
 * Returns what a screen reader should say about the progress, or null: each status, and each quarter of the file, since the
 * progress is read every second.
 */
export function announcementOf(before: ProductImport, now: ProductImport): string | null {
  const what = now.dry_run ? 'The preview' : 'The import';
  if (before.status !== now.status) {
    switch (now.status) {
      case 'waiting': return `${what} waits for another one.`;
      case 'running': return `${what} has begun.`;
      case 'finished': return `${what} is finished. ${summaryText(now)}`;
      case 'failed': return `${what} failed. ${now.error ?? ''}`.trim();
      case 'interrupted': return `${what} was interrupted.`;
    }
  }
  const quarter = quarterOf(now);
  return now.status === 'running' && quarter > quarterOf(before) && quarter < 4 ? `${quarter * 25} percent of the file is read.` : null;
}

function quarterOf({ bytes_read, bytes_total }: ProductImport): number {
  return bytes_total > 0 ? Math.floor((4 * bytes_read) / bytes_total) : 0;
}

function wasOrWere(count: number): string {
  return count === 1 ? 'was' : 'were';
}
