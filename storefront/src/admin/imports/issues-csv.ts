import { saveFile } from '../../components/save-file';
import type { ImportIssue } from '../api/types';

/**
 * Writes issues as a CSV file for spreadsheets, with a byte order mark, without which Excel would read UTF-8 wrongly.
 */
export function issuesCsv(issues: readonly ImportIssue[]): string {
  const rows = issues.map(({ line, column, handle, severity, reason }) => [String(line), column, handle ?? '', severity, reason]);
  return `\uFEFF${[['Line', 'Column', 'Product', 'Severity', 'Reason'], ...rows].map(csvRow).join('')}`;
}

function csvRow(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/** Writes one cell. Its text comes from somebody's file, and a spreadsheet must not take it for a formula. */
export function csvCell(text: string): string {
  const guarded = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/** Saves a text as a CSV file on the person's computer. */
export function downloadText(text: string, fileName: string): void {
  saveFile(new File([text], fileName, { type: 'text/csv;charset=utf-8' }));
}
