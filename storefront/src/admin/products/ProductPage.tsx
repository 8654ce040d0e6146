import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { productPath, useShop } from '../../api/catalogue';
import { isStatus } from '../../api/problem';
import { Empty, Failure, Loading, Skeleton } from '../../components/States';
import type { ProductDraft } from '../api/types';
import { Page } from '../components/Page';
import { emptyProduct, productForm } from './product-form';
import { ProductEditor } from './ProductEditor';

const BACK = { to: '/products', label: 'Products' };

/** Loads a product for the editor, or starts a new one. */
export default function ProductPage() {
  const { handle } = useParams();
  const { data: shop } = useShop();
  const [reloads, setReloads] = useState(0);
  const draft = useQuery<ProductDraft>({
    queryKey: [`${productPath(handle ?? '')}/draft`],
    enabled: handle !== undefined,
    // What was typed must not be replaced: the version tells when somebody else has saved.
    staleTime: Infinity,
    gcTime: 0,
  });
  if (!shop || (handle !== undefined && draft.isPending)) {
    return <Page title={handle ? 'Product' : 'New product'} back={BACK}><Loading label="Loading the product"><Skeleton height="40rem" /></Loading></Page>;
  }
  if (handle === undefined) return <ProductEditor key="new" initial={emptyProduct()} before={null} currency={shop.currency} />;
  if (draft.data) {
    return (
      <ProductEditor
        key={`${handle} ${reloads}`}
        initial={productForm(handle, draft.data, shop.currency)}
        before={draft.data}
        currency={shop.currency}
        onReload={() => void draft.refetch().then(() => setReloads(reloads + 1))}
      />
    );
  }
  return (
    <Page title="Product" back={BACK}>
      {isStatus(draft.error, 404)
        ? <Empty title="Product not found"><p>It may have been deleted, or have another address now.</p></Empty>
        : <Failure error={draft.error} onRetry={() => void draft.refetch()} title="The product couldn't be loaded" />}
    </Page>
  );
}
