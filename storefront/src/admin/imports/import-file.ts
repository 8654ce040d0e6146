import { counted } from '../components/formats';

export type ImportFormat = 'csv' | 'ndjson';

/** The largest file that the server takes. */
const MAX_BYTES = 10 * 1024 * 1024;

const FORMATS: Readonly<Record<string, ImportFormat>> = { csv: 'csv', tsv: 'csv', txt: 'csv', ndjson: 'ndjson', jsonl: 'ndjson' };

/** The value of `accept` for the field that chooses a file. */
export const ACCEPT = Object.keys(FORMATS).map((extension) => `.${extension}`).join(',');

/** Returns the format that the extension of a file stands for, or null for another file. */
export function formatOf(fileName: string): ImportFormat | null {
  const extension = /\.([a-z]+)$/i.exec(fileName.trim())?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(FORMATS, extension) ? (FORMATS[extension] ?? null) : null;
}

type FileFacts = Pick<File, 'name' | 'size'>;

/** Says what is wrong with a chosen file, or returns null. */
export function fileError(file: FileFacts | null): string | null {
  if (!file) return 'Choose a file.';
  if (formatOf(file.name) === null) return `${file.name} is not a product file. Choose a CSV file (.csv, .tsv or .txt) or an NDJSON file (.ndjson or .jsonl).`;
  if (file.size === 0) return `${file.name} is empty.`;
  if (file.size > MAX_BYTES) return `${file.name} has ${sizeText(file.size)}. A file may have up to 10 MiB: split it, or use shopstack import on the server.`;
  return null;
}

/** Says why a file cannot be the one of an earlier upload, or returns null. Its content is not compared: the server has no copy. */
export function otherFileError(file: FileFacts | null, before: { file_name: string; bytes_total: number }): string | null {
  const error = fileError(file);
  if (error || !file) return error;
  if (file.name !== before.file_name) return `This is ${file.name}. Choose ${before.file_name}, or start a new preview.`;
  if (file.size !== before.bytes_total) return `${file.name} has ${counted(file.size, 'byte')} now, and had ${counted(before.bytes_total, 'byte')} in the preview. Start a new preview.`;
  return null;
}

const UNITS = [['megabyte', 1_000_000], ['kilobyte', 1_000]] as const;

/** Formats a size, such as "51.2 kB". */
export function sizeText(bytes: number): string {
  for (const [unit, size] of UNITS) {
    if (bytes >= size) return new Intl.NumberFormat('en', { style: 'unit', unit, maximumFractionDigits: 1 }).format(bytes / size);
  }
  return counted(bytes, 'byte');
}
