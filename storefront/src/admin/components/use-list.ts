import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { apiPath } from '../../api/path';
import type { Page } from '../../api/types';

type Query = Parameters<typeof apiPath>[1];

/** One page of a list. The previous page stays, dimmed, while the next one is loading. With `refreshMs` it is loaded again and again. */
export function useList<Item>(path: string, query: Query = {}, enabled = true, refreshMs: number | false = false) {
  const list = useQuery<Page<Item>>({ queryKey: [apiPath(path, query)], placeholderData: keepPreviousData, enabled, refetchInterval: refreshMs });
  return {
    rows: list.data?.items,
    nextCursor: list.data?.next_cursor,
    stale: list.isPlaceholderData,
    error: list.error,
    retry: () => void list.refetch(),
  };
}
