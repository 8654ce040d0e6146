import { useQueries } from '@tanstack/react-query';
import { apiPath } from '../../api/path';
import type { Items, Page } from '../../api/types';
import type { Permission } from '../shell/permissions';

/** Something that waits for a person: a list of the API, and the page that shows it. */
interface WaitingList {
  label: string;
  to: string;
  paths: readonly string[];
  permission: Permission;
}

const LIMIT = 100;

export const WAITING: readonly WaitingList[] = [
  { label: 'Orders that need attention', to: '/orders?status=attention', permission: 'orders:read', paths: [apiPath('/api/v1/orders', { all: true, status: 'attention', limit: LIMIT })] },
  { label: 'Shipments to pack', to: '/shipments?status=announced', permission: 'shipments:write', paths: [apiPath('/api/v1/shipments', { status: 'announced', limit: LIMIT })] },
  { label: 'Shipments to hand over', to: '/shipments?status=packed', permission: 'shipments:write', paths: [apiPath('/api/v1/shipments', { status: 'packed', limit: LIMIT })] },
  { label: 'Reviews to moderate', to: '/reviews?state=pending', permission: 'reviews:write', paths: [apiPath('/api/v1/reviews', { state: 'pending', limit: LIMIT })] },
  { label: 'Failed emails', to: '/system#emails', permission: 'system:read', paths: ['/api/v1/emails/failed'] },
  { label: 'Failed images', to: '/system#images', permission: 'system:read', paths: [apiPath('/api/v1/images/failed', { limit: LIMIT })] },
  { label: 'Events that could not be processed', to: '/system#dead-letters', permission: 'system:read', paths: ['dispatch', 'cart', 'ratings', 'broker'].map((queue) => `/api/v1/dead-letters/${queue}`) },
  { label: 'Failed webhook events', to: '/system#webhooks', permission: 'system:read', paths: ['/api/v1/webhook-events'] },
];

export interface WaitingCount {
  label: string;
  to: string;
  /** Null while it is loading, undefined when it could not be loaded. */
  count: number | null | undefined;
  /** There are more than were counted. */
  more: boolean;
}

export function useWaiting(can: (permission: Permission) => boolean): WaitingCount[] {
  const lists = WAITING.filter(({ permission }) => can(permission));
  const results = useQueries({
    queries: lists.flatMap(({ paths }) => paths.map((path) => ({ queryKey: [path], refetchInterval: 60_000 }))),
  });
  return lists.map(({ label, to, paths }, index) => {
    const first = lists.slice(0, index).reduce((sum, list) => sum + list.paths.length, 0);
    const own = results.slice(first, first + paths.length);
    return { label, to, ...sumOf(own.map(({ data, isError }) => ({ data: data as Page<unknown> | Items<unknown> | undefined, isError }))) };
  });
}

export function sumOf(results: readonly { data: Page<unknown> | Items<unknown> | undefined; isError: boolean }[]): Pick<WaitingCount, 'count' | 'more'> {
  if (results.some(({ data, isError }) => isError && !data)) return { count: undefined, more: false };
  let count = 0;
  let more = false;
  for (const { data } of results) {
    if (!data) return { count: null, more: false };
    count += data.items.length;
    more ||= 'next_cursor' in data && Boolean(data.next_cursor);
  }
  return { count, more };
}
