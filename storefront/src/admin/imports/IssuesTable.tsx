import { useState } from 'react';
import { Button } from '../../components/Button';
import { SelectField } from '../../components/Field';
import { Empty } from '../../components/States';
import { Link } from '../../router/Link';
import type { ImportIssue, IssueSeverity, ProductImport } from '../api/types';
import { DataTable, type Column } from '../components/DataTable';
import { counted } from '../components/formats';
import { Card, pageStyles, Toolbar } from '../components/Page';
import { StatusBadge } from '../components/StatusBadge';
import { useTableState } from '../components/use-table-state';
import { ISSUE_SEVERITY } from '../messages/en';
import { isActive } from './import-text';
import styles from './Imports.module.css';
import { downloadText, issuesCsv } from './issues-csv';

interface Row extends ImportIssue {
  key: string;
}

/** Rows that are shown before somebody asks for all. */
const FIRST_ROWS = 100;

const SEVERITIES = Object.keys(ISSUE_SEVERITY) as IssueSeverity[];

export function IssuesTable({ run }: { run: ProductImport }) {
  const table = useTableState('severity');
  const [all, setAll] = useState(false);
  const severity = SEVERITIES.find((one) => one === table.filters.severity);
  const { counts, issues } = run;
  const total = counts.errors + counts.warnings;
  const found: Row[] = issues.map((issue, index) => ({ ...issue, key: String(index) })).filter((issue) => !severity || issue.severity === severity);
  const rows = all ? found : found.slice(0, FIRST_ROWS);
  const columns: readonly Column<Row>[] = [
    { key: 'line', header: 'Line', render: ({ line }) => line },
    { key: 'column', header: 'Column', minor: true, render: ({ column }) => column || 'Whole row' },
    { key: 'product', header: 'Product', minor: true, render: ({ handle }) => handle && <ProductName handle={handle} isStored={!run.dry_run} /> },
    { key: 'severity', header: 'Severity', render: ({ severity: one }) => <StatusBadge status={ISSUE_SEVERITY[one]} /> },
    {
      key: 'reason',
      header: 'Problem',
      render: ({ handle, column, reason }) => (
        <span className={styles.reason}>
          {/* What small screens leave out is repeated for them, so that the problem itself needs no scrolling. */}
          {(handle || column) && <span className={styles.narrow}>{[handle, column].filter(Boolean).join(', ')}: </span>}
          {reason}
        </span>
      ),
    },
  ];
  // A table that grows each second could not be read, and would be announced each time.
  if (total === 0 || isActive(run.status)) return null;
  return (
    <Card
      title="Issues"
      actions={issues.length > 0 && <Button look="secondary" size="small" onClick={() => downloadText(issuesCsv(issues), `${run.file_name.replace(/\.[^.]*$/, '')}-issues.csv`)}>Download as CSV</Button>}
    >
      <p className={pageStyles.soft}>
        {counted(counts.errors, 'error')}, {counted(counts.warnings, 'warning')}. Products with an error are left out; a warning says that something may not be as intended.
        {issues.length < total && ` These are the first ${issues.length}: correct them, and the next preview shows more.`}
      </p>
      <Toolbar label="Filters">
        <SelectField id="issue-severity" label="Severity" value={severity ?? ''} onChange={(event) => table.setFilter('severity', event.target.value)}>
          <option value="">All</option>
          {SEVERITIES.map((one) => <option key={one} value={one}>{ISSUE_SEVERITY[one].label}</option>)}
        </SelectField>
      </Toolbar>
      <DataTable
        caption="Issues"
        columns={columns}
        rows={rows}
        rowKey={({ key }) => key}
        empty={<Empty title="No such issues" />}
        footer={rows.length < found.length && (
          <div className={styles.more}>
            <span>The first {rows.length} of {found.length}</span>
            <Button look="secondary" size="small" onClick={() => setAll(true)}>Show all</Button>
          </div>
        )}
      />
    </Card>
  );
}

/** After a preview, a product of the file need not exist yet. */
function ProductName({ handle, isStored }: { handle: string; isStored: boolean }) {
  return isStored ? <Link to={`/products/${encodeURIComponent(handle)}`}>{handle}</Link> : <span className={styles.name}>{handle}</span>;
}
