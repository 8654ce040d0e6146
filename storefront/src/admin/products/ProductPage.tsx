import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { productPath, useShop } from '../../api/catalogue';
import { isStatus } from '../../api/problem';
import { Empty, Failure, Loading, Skeleton } from '../../components/States';
import { useToasts } from '../../components/Toasts';
import { useParams } from '../../router/hooks';
import type { ProductDraft } from '../api/types';
import { Page } from '../components/Page';
import { problemText } from '../messages/problems';
import { emptyProduct, productForm } from './product-form';
import { ProductEditor } from './ProductEditor';

const BACK = { to: '/products', label: 'Products' };

/** Loads a product for the editor, or starts a new one. */
export default function ProductPage() {
  const { handle } = useParams();
  const { data: shop } = useShop();
  const { notify } = useToasts();
  const [reloads, setReloads] = useState(0);
  const draft = useQuery<ProductDraft>({
    queryKey: [`${productPath(handle ?? '')}/draft`],
    enabled: handle !== undefined,
    // A refresh must not replace what was typed: the version tells when somebody else has saved.
    staleTime: Infinity,
    gcTime: 0,
  });
  const reload = async () => {
    const { isSuccess, error } = await draft.refetch();
    if (isSuccess) setReloads(reloads + 1);
    else notify({ kind: 'problem', text: problemText(error) });
  };
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
        onReload={() => void reload()}
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
