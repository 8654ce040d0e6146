import { QueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { ApiError } from '../../api/problem';

/** The key of every query is its API path. All of the admin's reads need the session of an account. */
export function createAdminQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        queryFn: ({ queryKey, signal }) => api.get(String(queryKey[0]), { signal, as: 'account' }),
        // Other people work on the same orders: what is shown again is loaded again.
        staleTime: 10_000,
        retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status < 500),
      },
    },
  });
}

/** Marks every query below one of these API paths as out of date. */
export function refreshPaths(client: QueryClient, ...paths: string[]): Promise<void> {
  return client.invalidateQueries({
    predicate: ({ queryKey }) => paths.some((path) => String(queryKey[0]).startsWith(path)),
  });
}
