import { useState } from 'react';
import { Empty } from '../../components/States';
import { Link } from '../../router/Link';
import type { ProductImport } from '../api/types';
import { CheckField } from '../components/CheckField';
import { DataTable, type Column } from '../components/DataTable';
import { formatMoment } from '../components/formats';
import { Card, Page } from '../components/Page';
import { Pager } from '../components/Pager';
import { StatusBadge } from '../components/StatusBadge';
import { useList } from '../components/use-list';
import { useTableState } from '../components/use-table-state';
import { IMPORT_STATUS } from '../messages/en';
import { fileError } from './import-file';
import { shortSummary } from './import-text';
import styles from './Imports.module.css';
import { UploadForm } from './UploadForm';

const COLUMNS: readonly Column<ProductImport>[] = [
  { key: 'file', header: 'File', render: ({ id, file_name }) => <Link to={`/imports/${id}`} className={styles.name}>{file_name}</Link> },
  { key: 'kind', header: 'Kind', render: ({ dry_run }) => (dry_run ? 'Preview' : 'Import') },
  { key: 'started', header: 'Started', minor: true, render: ({ started_at }) => formatMoment(started_at) },
  { key: 'products', header: 'Products', minor: true, render: ({ counts }) => shortSummary(counts) },
  { key: 'status', header: 'Status', render: ({ status }) => <StatusBadge status={IMPORT_STATUS[status]} /> },
];

export default function ImportsPage() {
  const table = useTableState();
  const list = useList<ProductImport>('/api/v1/imports', { cursor: table.cursor, limit: 25 });
  return (
    <Page title="Imports" description="Product files from Shopify or WooCommerce, or from an export of this shop.">
      <NewImport />
      <Card title="Earlier imports">
        <DataTable
          caption="Earlier imports"
          columns={COLUMNS}
          rows={list.rows}
          rowKey={({ id }) => id}
          error={list.error}
          onRetry={list.retry}
          stale={list.stale}
          empty={<Empty title="No imports yet" />}
          footer={<Pager controls={table} list={list} />}
        />
      </Card>
    </Page>
  );
}

function NewImport() {
  const [setStock, setSetStock] = useState(false);
  return (
    <Card title="Import products">
      <p>A preview comes first: it reads the whole file, says what an import would do, and changes nothing.</p>
      <UploadForm
        action="Start preview"
        dryRun
        setStock={setStock}
        label="Product file"
        hint="CSV (.csv, .tsv, .txt) or NDJSON (.ndjson, .jsonl), up to 10 MiB. It can also be dropped here."
        check={fileError}
      >
        <CheckField checked={setStock} onChange={(event) => setSetStock(event.target.checked)}>
          Also set the stock of existing SKUs. Without it, quantities in the file are used for new SKUs only.
        </CheckField>
      </UploadForm>
    </Card>
  );
}
