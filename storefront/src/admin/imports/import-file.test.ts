import { expect, it } from 'vitest';
import { fileError, formatOf, otherFileError, sizeText } from './import-file';

it('knows the format by the extension, in any case', () => {
  expect(['a.csv', 'a.TSV', 'b.c.txt'].map(formatOf)).toEqual(['csv', 'csv', 'csv']);
  expect(['a.ndjson', 'products.JSONL'].map(formatOf)).toEqual(['ndjson', 'ndjson']);
  for (const name of ['', 'csv', 'a.xlsx', 'a.csv.gz', 'a.', 'a.constructor', '.csv~']) expect(formatOf(name), name).toBeNull();
});

it('refuses files that cannot be imported', () => {
  expect(fileError(null)).toBe('Choose a file.');
  expect(fileError({ name: 'a.xlsx', size: 1 })).toMatch(/not a product file/);
  expect(fileError({ name: 'a.csv', size: 0 })).toMatch(/empty/);
  expect(fileError({ name: 'a.csv', size: 10_485_761 })).toMatch(/has 10.5 MB. A file may have up to 10 MiB/);
  expect(fileError({ name: 'a.csv', size: 10_485_760 })).toBeNull();
});

it('tells another file from the one of the preview', () => {
  const before = { file_name: 'a.csv', bytes_total: 100 };
  expect(otherFileError({ name: 'a.csv', size: 100 }, before)).toBeNull();
  expect(otherFileError({ name: 'b.csv', size: 100 }, before)).toMatch(/^This is b.csv/);
  expect(otherFileError({ name: 'a.csv', size: 101 }, before)).toMatch(/101 bytes now, and had 100 bytes/);
  expect(otherFileError(null, before)).toBe('Choose a file.');
});

it('formats sizes', () => {
  expect([1, 999, 51_200, 2_000_000].map(sizeText)).toEqual(['1 byte', '999 bytes', '51.2 kB', '2 MB']);
});
