import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { cartPath } from './cart';
import { api, postWithoutSession } from './client';
import { isStatus } from './problem';
import { rememberSession, sessionHint } from './session-hint';
import type { Account, Address, BrowserSession, Cart, Items, SavedAddress, Session } from './types';

const ME = ['/api/v1/me'];
const ADDRESSES = ['/api/v1/me/addresses'];
const SESSIONS = ['/api/v1/me/sessions'];
const CART = ['/api/v1/cart'];

/** The account, or null for an anonymous visitor or a guest. */
export function useAccount() {
  return useQuery<Account | null>({
    queryKey: ME,
    queryFn: async ({ signal }) => {
      if (sessionHint() !== 'account') return null;
      try {
        return await api.get<Account>('/api/v1/me', { signal, as: 'account' });
      } catch (error) {
        if (isStatus(error, 401)) return null;
        throw error;
      }
    },
    staleTime: 5 * 60_000,
  });
}

/** Clears the data of the previous account, which must not be shown to the next one. */
export function forgetPrivateData(client: QueryClient): void {
  client.removeQueries({
    predicate: ({ queryKey }) => {
      const path = String(queryKey[0]);
      return ['/api/v1/me/', '/api/v1/orders', '/api/v1/payments/'].some((area) => path.startsWith(area));
    },
  });
  client.setQueryData(ME, null);
  void client.invalidateQueries({ queryKey: CART });
  void client.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).includes('/reviews') });
}

async function afterLogin(client: QueryClient, session: Session): Promise<void> {
  rememberSession('account');
  client.setQueryData(ME, session.account);
  void client.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).includes('/reviews') });
  try {
    client.setQueryData(CART, await api.post<Cart>(cartPath('/merge'), {}, { as: 'account' }));
  } catch {
    // The login must not fail for this: the guest's cart is still there, and the next login merges it.
    void client.invalidateQueries({ queryKey: CART });
  }
}

export function useLogin() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: { email: string; password: string }) =>
      postWithoutSession<Session>('/api/v1/auth/login', { ...input, session: 'cookie' }),
    onSuccess: (session) => afterLogin(client, session),
  });
}

export function useRegister() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: { email: string; password: string; name: string }) =>
      postWithoutSession<Session>('/api/v1/auth/register', { ...input, session: 'cookie' }),
    onSuccess: (session) => afterLogin(client, session),
  });
}

export function useLogout() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => postWithoutSession<void>('/api/v1/auth/logout', {}),
    onSuccess: () => {
      rememberSession('none');
      forgetPrivateData(client);
    },
  });
}

export function useUpdateProfile() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: { name: string; version: number }) => api.patch<Account>('/api/v1/me', input, { as: 'account' }),
    onSuccess: (account) => client.setQueryData(ME, account),
    // Another tab may have saved first: reload to show the current profile.
    onError: () => client.invalidateQueries({ queryKey: ME }),
  });
}

export function useChangePassword() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: { current: string; new: string }) => api.post<void>('/api/v1/me/password', input, { as: 'account' }),
    onSuccess: () => client.invalidateQueries({ queryKey: SESSIONS }),
  });
}

export function useAddresses(enabled = true) {
  return useQuery<Items<SavedAddress>>({ queryKey: ADDRESSES, enabled });
}

export function useSaveAddress() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, address }: { id: string | null; address: Address }) =>
      id
        ? api.put<SavedAddress>(`/api/v1/me/addresses/${id}`, address, { as: 'account' })
        : api.post<SavedAddress>('/api/v1/me/addresses', address, { as: 'account' }),
    onSuccess: () => client.invalidateQueries({ queryKey: ADDRESSES }),
  });
}

export function useDeleteAddress() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.delete<void>(`/api/v1/me/addresses/${id}`, { as: 'account' }),
    onSettled: () => client.invalidateQueries({ queryKey: ADDRESSES }),
  });
}

export function useSessions() {
  return useQuery<Items<BrowserSession>>({ queryKey: SESSIONS });
}

export function useEndSession() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.delete<void>(`/api/v1/me/sessions/${id}`, { as: 'account' }),
    onSettled: () => client.invalidateQueries({ queryKey: SESSIONS }),
  });
}
