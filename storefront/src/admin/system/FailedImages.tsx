import { Button } from '../../components/Button';
import { Empty } from '../../components/States';
import { Link } from '../../router/Link';
import type { FailedImage } from '../api/types';
import { useChange } from '../api/use-command';
import { DataTable, type Column } from '../components/DataTable';
import { counted } from '../components/formats';
import { Card } from '../components/Page';
import { Pager } from '../components/Pager';
import { useList } from '../components/use-list';
import { useSubmit } from '../components/use-submit';
import { useTableState } from '../components/use-table-state';
import { useCan } from '../shell/permissions';

const COLUMNS: readonly Column<FailedImage>[] = [
  { key: 'product', header: 'Product', render: ({ handle }) => <Link to={`/products/${encodeURIComponent(handle)}`}>{handle}</Link> },
  { key: 'url', header: 'Address', minor: true, render: ({ url }) => url },
  { key: 'reason', header: 'Error', render: ({ reason }) => reason },
];

export function FailedImages() {
  const can = useCan();
  const table = useTableState();
  const list = useList<FailedImage>('/api/v1/images/failed', { cursor: table.cursor, limit: 20 });
  const retry = useChange<undefined, { retried: number }>(() => ({ method: 'post', path: '/api/v1/images/failed/retry', body: {} }), ['/api/v1/images']);
  const form = useSubmit(retry, { done: ({ retried }) => `Fetching ${counted(retried, 'image')} again.` });
  const some = (list.rows?.length ?? 0) > 0;
  return (
    <Card title="Failed images" actions={some && can('images:retry') && <Button look="secondary" size="small" busy={form.busy} onClick={() => form.submit(undefined)}>Fetch all again</Button>}>
      {form.errors.map(({ message }) => <p key={message} role="alert">{message}</p>)}
      <DataTable caption="Failed images" columns={COLUMNS} rows={list.rows} rowKey={({ product_id, url }) => `${product_id} ${url}`} error={list.error} onRetry={list.retry} stale={list.stale} empty={<Empty title={table.cursor ? 'None on this page' : 'All images were fetched'} />} footer={<Pager controls={table} list={list} />} />
    </Card>
  );
}
