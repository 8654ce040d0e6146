import { expect, it } from 'vitest';
import { csvCell, issuesCsv } from './issues-csv';

it('guards cells that a spreadsheet would take for a formula', () => {
  for (const start of ['=', '+', '-', '@', '\t', '\r']) expect(csvCell(`${start}1`)).toContain(`'${start}1`);
  expect(csvCell('=HYPERLINK("http://x","y")')).toBe('"\'=HYPERLINK(""http://x"",""y"")"');
  for (const harmless of ['', 'a=b', '1-2', ' =1', 'fjord-mug']) expect(csvCell(harmless)).toBe(harmless);
});

it('quotes what would end a cell', () => {
  expect(csvCell('a,b')).toBe('"a,b"');
  expect(csvCell('a"b')).toBe('"a""b"');
  expect(csvCell('a\nb')).toBe('"a\nb"');
});

it('writes a row for each issue', () => {
  const issue = { line: 17, column: 'Variant Price', handle: 'fjord-mug', severity: 'error', reason: 'must be a price such as 12.90' } as const;
  expect(issuesCsv([issue, { ...issue, line: 18, column: '', handle: null, severity: 'warning', reason: '-5, not a price' }])).toBe(
    '\uFEFFLine,Column,Product,Severity,Reason\r\n17,Variant Price,fjord-mug,error,must be a price such as 12.90\r\n18,,,warning,"\'-5, not a price"\r\n',
  );
});
