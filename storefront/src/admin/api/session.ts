import { useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { postWithoutSession } from '../../api/client';
import { rememberSession } from '../../api/session-hint';
import type { Session } from '../../api/types';
import type { FirstAdmin } from './types';

const ME = ['/api/v1/me'];

/** Clears the data of the previous account, which must not be shown to the next one. */
export function forgetStaffData(client: QueryClient): void {
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== '/api/v1/shop' && queryKey[0] !== ME[0] });
  client.setQueryData(ME, null);
}

export function useStaffLogout() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => postWithoutSession<void>('/api/v1/auth/logout', {}),
    onSuccess: () => {
      rememberSession('none');
      forgetStaffData(client);
    },
  });
}

export function useCreateFirstAdmin() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: Omit<FirstAdmin, 'session'>) =>
      postWithoutSession<Session>('/api/v1/auth/first-admin', { ...input, session: 'cookie' }),
    onSuccess: ({ account }) => {
      rememberSession('account');
      client.setQueryData(ME, account);
    },
  });
}
