import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { ApiError } from '../../api/problem';
import { useSendCommand } from '../../checkout/use-send-command';
import { refreshPaths } from './query-client';

/** Posts a command that must take effect once, such as a refund. `refreshes` are the API paths whose data the command changes. */
export function useCommand<Body, Result>(path: string, refreshes: readonly string[]) {
  const client = useQueryClient();
  const send = useSendCommand<Body, Result>(({ target, body, key }) => api.post<Result>(target, body, { idempotencyKey: key, as: 'account' }));
  return useMutation({
    mutationFn: async (body: Body) => {
      const { result, isEarlier } = await send(path, body);
      if (isEarlier) throw new ApiError({ type: 'about:blank', title: EARLIER, status: 409 });
      return result;
    },
    // After a refusal too: the state is then often not the one that the page shows.
    onSettled: () => refreshPaths(client, ...refreshes),
  });
}

const EARLIER = 'Your earlier request has taken effect after all, so this one was not sent. Check what has changed before you send it again.';

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
