import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client';
import { beginAttempt, memoryStore, RETRY_POLICY, sendAttempt, type Attempt } from '../../checkout/attempt';
import { refreshPaths } from './query-client';

/**
 * Posts a command that must take effect once, such as a refund. While its outcome is unknown, retries and further clicks
 * send the same bytes under the same idempotency key. `refreshes` are the API paths whose data the command changes.
 */
export function useCommand<Body, Result>(path: string, refreshes: readonly string[], onResult?: (result: Result) => void) {
  const client = useQueryClient();
  const [store] = useState(memoryStore);
  return useMutation({
    mutationFn: (body: Body) =>
      sendAttempt(
        store,
        beginAttempt(store, path, body, () => crypto.randomUUID()),
        (attempt: Attempt<Body>) => api.post<Result>(path, attempt.body, { idempotencyKey: attempt.key, as: 'account' }),
        RETRY_POLICY,
      ),
    onSuccess: (result) => onResult?.(result),
    // After a refusal too: the state is then often not the one that the page shows.
    onSettled: () => refreshPaths(client, ...refreshes),
  });
}

type Write = 'post' | 'put' | 'delete';

/** Sends a change that may be repeated without harm. */
export function useChange<Input, Result = void>(
  request: (input: Input) => { method: Write; path: string; body?: unknown },
  refreshes: readonly string[],
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: Input) => {
      const { method, path, body } = request(input);
      if (method === 'delete') return api.delete<Result>(path, { as: 'account' });
      return api[method]<Result>(path, body, { as: 'account' });
    },
    onSettled: () => refreshPaths(client, ...refreshes),
  });
}
