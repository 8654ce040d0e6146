import { QueryClient } from '@tanstack/react-query';
import { api } from './client';
import { canonicalPath } from './path';
import { ApiError } from './problem';

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
  path: string;
  queries: Record<string, unknown>;
}

/** Adds the data that the server embedded in the page to the cache. */
export function seedFromPage(client: QueryClient, document: Document): void {
  const text = document.getElementById('shop-data')?.textContent;
  if (!text) return;
  try {
    const data = JSON.parse(text) as PageData;
    for (const [path, body] of Object.entries(data.queries)) {
      client.setQueryData([canonicalPath(path)], body);
    }
  } catch (error) {
    // Not fatal: the page fetches the data itself.
    console.warn('The data in the page could not be read', error);
  }
}
