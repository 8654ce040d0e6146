import { QueryClient } from '@tanstack/react-query';
import { api } from './client';
import { canonicalPath } from './path';
import { ApiError } from './problem';

/** Reads are keyed by their API path, so that one function can fetch them all. */
async function fetchByKey({ queryKey, signal }: { queryKey: readonly unknown[]; signal: AbortSignal }): Promise<unknown> {
  const path = queryKey[0] as string;
  // A link from a mail opens an order for anybody.
  const isPrivate = path.startsWith('/api/v1/me') || (path.startsWith('/api/v1/orders') && !path.includes('token='));
  return api.get(path, isPrivate ? { signal, as: 'account' } : { signal });
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        queryFn: fetchByKey,
        staleTime: 60_000,
        // A clear no stays no; a lost answer or a restarting server deserves another try.
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

/** Takes over what the server already read to render this page's head. */
export function seedFromPage(client: QueryClient, document: Document): void {
  const text = document.getElementById('shop-data')?.textContent;
  if (!text) return;
  try {
    const data = JSON.parse(text) as PageData;
    for (const [path, body] of Object.entries(data.queries)) {
      client.setQueryData([canonicalPath(path)], body);
    }
  } catch (error) {
    // The page works without it: everything is simply fetched.
    console.warn('The data in the page could not be read', error);
  }
}
