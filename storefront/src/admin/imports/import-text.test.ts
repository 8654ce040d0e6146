import { describe, expect, it } from 'vitest';
import type { ImportCounts, ProductImport } from '../api/types';
import { announcementOf, hasChanges, notesOf, shortSummary, summaryText } from './import-text';

const NONE: ImportCounts = { rows: 0, created: 0, updated: 0, unchanged: 0, skipped: 0, untracked: 0, without_quantity: 0, stock_set: 0, errors: 0, warnings: 0 };
const RUN: ProductImport = {
  id: '0193a5c2-7b1e-7c44-9d0a-3f6e2b815c77', status: 'finished', file_name: 'products.csv', dry_run: true, set_stock: false, author: 'merchant@example.com',
  started_at: '2027-01-15T09:30:00Z', updated_at: '2027-01-15T09:30:04Z', bytes_read: 100, bytes_total: 100, counts: NONE, resumed_after: null, issues: [], error: null,
};
const run = (part: Partial<ProductImport>, counts: Partial<ImportCounts> = {}): ProductImport => ({ ...RUN, ...part, counts: { ...NONE, ...counts } });
const at = (bytes_read: number) => run({ status: 'running', bytes_read });

describe('the summary', () => {
  it('says what a preview would do', () => {
    expect(summaryText(run({}, { created: 40, updated: 2, skipped: 1 }))).toBe('40 products will be created, 2 changed, 1 skipped.');
    expect(summaryText(run({}, { updated: 1 }))).toBe('1 product will be changed.');
    expect(summaryText(run({}, { skipped: 2, unchanged: 1, stock_set: 3 }))).toBe('2 products will be skipped. 1 product has the content of the file already. The stock of 3 SKUs will be set.');
  });

  it('says what an import did', () => {
    expect(summaryText(run({ dry_run: false }, { created: 1, updated: 2 }))).toBe('1 product was created, 2 changed.');
    expect(summaryText(run({ dry_run: false }, { unchanged: 5, stock_set: 1 }))).toBe('5 products have the content of the file already. The stock of 1 SKU was set.');
    expect(summaryText(run({ dry_run: false }))).toBe('No products were found in the file.');
  });

  it('says that more may follow', () => {
    expect(summaryText(run({ status: 'running' }, { created: 4 }))).toBe('So far: 4 products will be created.');
    expect(summaryText(run({ status: 'waiting' }))).toBe('No products so far.');
  });

  it('is short in a list', () => {
    expect(shortSummary({ ...NONE, created: 40, unchanged: 2 })).toBe('40 created, 2 unchanged');
    expect(shortSummary({ ...NONE, stock_set: 2 })).toBe('Stock of 2 SKUs');
    expect(shortSummary(NONE)).toBe('Nothing');
  });
});

it('notes what may surprise', () => {
  expect(notesOf(run({ resumed_after: 7 }, { rows: 1, untracked: 1, without_quantity: 2 }))).toEqual([
    '1 row was read.',
    'Resumed after row 7, where an earlier import of this file was interrupted.',
    'The stock of 1 variant is not counted: it can always be bought.',
    '2 counted SKUs have no quantity in the file and start at 0.',
  ]);
});

it('has nothing to import when nothing would change', () => {
  expect(hasChanges({ ...NONE, unchanged: 3, skipped: 1 })).toBe(false);
  expect(hasChanges({ ...NONE, stock_set: 1 })).toBe(true);
});

describe('the announcements', () => {
  it('are made for each status', () => {
    expect(announcementOf(run({ status: 'waiting' }), run({ status: 'running' }))).toBe('The preview has begun.');
    expect(announcementOf(run({ status: 'running' }), run({}, { created: 1 }))).toBe('The preview is finished. 1 product will be created.');
    expect(announcementOf(run({ status: 'running' }), run({ status: 'failed', dry_run: false, error: 'It has no header.' }))).toBe('The import failed. It has no header.');
  });

  it('are made once in each quarter of the file', () => {
    const said = Array.from({ length: 100 }, (_, byte) => announcementOf(at(byte), at(byte + 1))).filter(Boolean);
    expect(said).toEqual([25, 50, 75].map((percent) => `${percent} percent of the file is read.`));
    expect(announcementOf(RUN, RUN)).toBeNull();
  });
});
