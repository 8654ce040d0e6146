import { useState } from 'react';
import { useOwnCategories } from '../../api/catalogue';
import type { ProductCard } from '../../api/types';
import { ButtonLink } from '../../components/Button';
import { SelectField } from '../../components/Field';
import { ProductImage } from '../../components/ProductImage';
import { Empty } from '../../components/States';
import { Amount } from '../../money/Price';
import { Link } from '../../router/Link';
import { DataTable, type Column } from '../components/DataTable';
import { Page, Toolbar } from '../components/Page';
import { Pager } from '../components/Pager';
import { SearchField } from '../components/SearchField';
import { StatusBadge } from '../components/StatusBadge';
import { useList } from '../components/use-list';
import { useTableState } from '../components/use-table-state';
import { useCan } from '../shell/permissions';
import { BulkBar } from './bulk/BulkBar';
import { BulkResult } from './bulk/BulkResult';
import type { BulkItem } from './bulk/bulk-run';
import { useBulkRun } from './bulk/use-bulk-run';
import styles from './Products.module.css';

const COLUMNS: readonly Column<ProductCard>[] = [
  {
    key: 'title',
    header: 'Product',
    sortable: true,
    render: (product) => (
      <span className={styles.product}>
        <span className={styles.thumbnail}><ProductImage image={product.image} alt="" size="thumbnail" /></span>
        <Link to={`/products/${encodeURIComponent(product.handle)}`}>{product.title}</Link>
      </span>
    ),
  },
  { key: 'vendor', header: 'Brand', minor: true, render: ({ vendor }) => vendor },
  { key: 'variants', header: 'Variants', align: 'end', minor: true, render: ({ variant_count }) => variant_count },
  {
    key: 'price',
    header: 'Price',
    sortable: true,
    align: 'end',
    render: ({ price, price_max }) => <>{price_max.amount > price.amount && 'from '}<Amount value={price} /></>,
  },
  { key: 'available', header: 'Availability', render: ({ available }) => <StatusBadge status={available ? { label: 'Available', tone: 'good' } : { label: 'Sold out', tone: 'warn' }} /> },
];

export default function ProductsPage() {
  const can = useCan();
  const table = useTableState('q', 'category', 'status');
  const { q, category, status } = table.filters;
  // The search knows the products for sale alone; others are listed, the newest first.
  const query = status ? { status } : { q, category, sort: table.sort };
  const list = useList<ProductCard>(status ? '/api/v1/unpublished-products' : '/api/v1/products', { ...query, cursor: table.cursor, limit: 25 });
  const { data: categories } = useOwnCategories();
  // Kept while pages are turned and filters are changed, so that products can be collected.
  const [selected, setSelected] = useState<ReadonlyMap<string, BulkItem>>(new Map());
  const select = (items: readonly BulkItem[]) => setSelected(new Map(items.map(({ handle, title }) => [handle, { handle, title }])));
  const bulk = useBulkRun((done) => setSelected((now) => new Map([...now].filter(([handle]) => !done.has(handle)))));
  const known = new Map([...selected.values(), ...(list.rows ?? [])].map((item) => [item.handle, item]));
  const onPage = (list.rows ?? []).filter(({ handle }) => selected.has(handle)).length;
  return (
    <Page
      title="Products"
      description={status ? 'Products that customers cannot see.' : 'Products that customers can see.'}
      actions={
        <>
          {can('imports:write') && <ButtonLink look="secondary" to="/imports" size="small">Import</ButtonLink>}
          {can('products:write') && <ButtonLink to="/products/new" size="small">Add product</ButtonLink>}
        </>
      }
    >
      <Toolbar label="Filters">
        <SelectField id="product-status" label="Status" value={status ?? ''} onChange={(event) => table.setFilter('status', event.target.value)}>
          <option value="">For sale</option>
          <option value="draft">Drafts</option>
          <option value="archived">Archived</option>
        </SelectField>
        {!status && <SearchField value={q ?? ''} onChange={(value) => table.setFilter('q', value)} />}
        {!status && <SelectField id="product-category" label="Category" value={category ?? ''} onChange={(event) => table.setFilter('category', event.target.value)}>
          <option value="">All</option>
          {categories?.items.map((one) => <option key={one.handle} value={one.handle}>{one.name}</option>)}
        </SelectField>}
      </Toolbar>
      <BulkResult controls={bulk} />
      {selected.size > 0 && !bulk.run?.isRunning && (
        <BulkBar items={[...selected.values()]} elsewhere={selected.size - onPage} onStart={bulk.start} onClear={() => select([])} />
      )}
      <DataTable
        caption="Products"
        columns={COLUMNS}
        rows={list.rows}
        rowKey={({ handle }) => handle}
        error={list.error}
        onRetry={list.retry}
        stale={list.stale}
        selection={can('products:write')
          ? { selected: new Set(selected.keys()), onChange: (handles) => select([...known.values()].filter(({ handle }) => handles.has(handle))), label: ({ title }) => title }
          : undefined}
        {...(!status && { sort: { value: table.sort, onChange: table.setSort } })}
        empty={<Empty title={q || category ? 'No products match' : 'No products yet'} />}
        footer={<Pager controls={table} list={list} />}
      />
    </Page>
  );
}
