import { QueryClient } from '@tanstack/react-query';
import { api } from './client';
import { canonicalPath } from './path';
import { ApiError } from './problem';
import type { ProblemBody } from './types';

/** Fetches any query: its key is its API path. */
async function fetchByKey({ queryKey, signal }: { queryKey: readonly unknown[]; signal: AbortSignal }): Promise<unknown> {
  const path = queryKey[0] as string;
  // The link in an email opens an order without a session.
  const isPrivate = path.startsWith('/api/v1/me') || (path.startsWith('/api/v1/orders') && !path.includes('token='));
  return api.get(path, isPrivate ? { signal, as: 'account' } : { signal });
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        queryFn: fetchByKey,
        staleTime: 60_000,
        // A rejection (4xx) is final. A lost response or a restarting server is worth a retry.
        retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status < 500),
        refetchOnWindowFocus: false,
      },
    },
  });
}

interface PageData {
  queries: Record<string, unknown>;
  /** The API paths that do not exist. */
  missing: string[];
}

const NOT_FOUND: ProblemBody = { type: 'urn:shopstack:problem:not-found', title: 'Not found', status: 404 };

/** Adds responses, and which ones are errors, to the cache. */
export function seed(client: QueryClient, { queries, missing }: PageData): void {
  for (const [path, body] of Object.entries(queries)) client.setQueryData([canonicalPath(path)], body);
  for (const path of missing) {
    const error = new ApiError(NOT_FOUND);
    const [now, count] = [Date.now(), 1];
    client.getQueryCache().build(client, { queryKey: [canonicalPath(path)] }, {
      data: undefined, dataUpdateCount: 0, dataUpdatedAt: 0,
      error, errorUpdateCount: count, errorUpdatedAt: now, fetchFailureCount: count, fetchFailureReason: error,
      fetchMeta: null, isInvalidated: false, status: 'error', fetchStatus: 'idle',
    });
  }
}

/** A missing page is not requested again when it is shown again: the server may have said so in the HTML. */
export function isWorthRetry({ state }: { state: { error: unknown } }): boolean {
  return !(state.error instanceof ApiError && state.error.status === NOT_FOUND.status);
}

/** Adds the data that the server embedded in the page to the cache. */
export function seedFromPage(client: QueryClient, document: Document): void {
  const text = document.getElementById('shop-data')?.textContent;
  if (!text) return;
  try {
    const data = JSON.parse(text) as PageData;
    seed(client, data);
  } catch (error) {
    // Not fatal: the page fetches the data itself.
    console.warn('The data in the page could not be read', error);
  }
}
