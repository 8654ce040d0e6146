import { useQuery } from '@tanstack/react-query';
import { isStatus } from '../../../api/problem';
import type { ProductDraft } from '../../api/types';
import { patiently, reasonOf, type BulkItem } from './bulk-run';
import { SERVER } from './use-bulk-run';

/** The number of products that are loaded at the same time. */
const CONCURRENCY = 4;

export interface LoadedDraft extends BulkItem {
  /** Null if it could not be loaded, for the reason. */
  draft: ProductDraft | null;
  reason: string;
}

/** Loads the products with all of their variants, in their order. */
export function useDrafts(items: readonly BulkItem[]) {
  return useQuery<LoadedDraft[]>({
    queryKey: ['/api/v1/products', 'bulk', items.map(({ handle }) => handle)],
    queryFn: ({ signal }) => loadDrafts(items, signal),
    // The prices of the preview are set, so a refresh must not change the preview. The next dialog loads it anew.
    staleTime: Infinity,
    gcTime: 0,
  });
}

async function loadDrafts(items: readonly BulkItem[], signal: AbortSignal): Promise<LoadedDraft[]> {
  const drafts: LoadedDraft[] = [];
  const queue = items.entries();
  const load = async () => {
    for (const [index, item] of queue) {
      signal.throwIfAborted();
      try {
        drafts[index] = { ...item, draft: await patiently(() => SERVER.load(item.handle), SERVER.wait), reason: '' };
      } catch (error) {
        if (!isStatus(error, 404)) throw error;
        drafts[index] = { ...item, draft: null, reason: reasonOf(error) };
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, load));
  return drafts;
}
