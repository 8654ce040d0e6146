import { useQueries } from '@tanstack/react-query';
import { apiPath } from '../../api/path';
import type { Items, Page } from '../../api/types';
import { QUEUE } from '../messages/en';
import { AWAITS_RETURN } from '../orders/order-filters';
import type { Permission } from '../shell/permissions';

/** A list of the API whose items wait for a person, and the page that shows it. */
interface WaitingList {
  label: string;
  to: string;
  path: string;
  permission: Permission;
}

const LIMIT = 100;

/** The page shows one queue at a time, so each has an entry. */
const DEAD_LETTERS = (Object.keys(QUEUE) as (keyof typeof QUEUE)[]).map((queue): WaitingList => ({
  label: `Events that could not be processed: ${QUEUE[queue].toLowerCase()}`, to: `/system?queue=${queue}#dead-letters`, permission: 'system:read', path: `/api/v1/dead-letters/${queue}`,
}));

export const WAITING: readonly WaitingList[] = [
  { label: 'Orders that need attention', to: '/orders?status=attention', permission: 'orders:read', path: apiPath('/api/v1/orders', { all: true, status: 'attention', limit: LIMIT }) },
  { label: 'Orders with returns to receive', to: `/orders?status=${AWAITS_RETURN}`, permission: 'orders:read', path: apiPath('/api/v1/orders', { all: true, awaits_return: true, limit: LIMIT }) },
  { label: 'Shipments to pack', to: '/shipments?status=announced', permission: 'shipments:write', path: apiPath('/api/v1/shipments', { status: 'announced', limit: LIMIT }) },
  { label: 'Shipments to hand over', to: '/shipments?status=packed', permission: 'shipments:write', path: apiPath('/api/v1/shipments', { status: 'packed', limit: LIMIT }) },
  { label: 'Reviews to moderate', to: '/reviews?state=pending', permission: 'reviews:write', path: apiPath('/api/v1/reviews', { state: 'pending', limit: LIMIT }) },
  { label: 'Failed emails and webhooks', to: '/system#emails', permission: 'system:read', path: '/api/v1/emails/failed' },
  { label: 'Failed images', to: '/system#images', permission: 'system:read', path: apiPath('/api/v1/images/failed', { limit: LIMIT }) },
  ...DEAD_LETTERS,
  { label: 'Failed webhook events of payment gateways', to: '/system#webhooks', permission: 'system:read', path: '/api/v1/webhook-events' },
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
  const results = useQueries({ queries: lists.map(({ path }) => ({ queryKey: [path], refetchInterval: 60_000 })) });
  return lists.map(({ label, to }, index) => ({ label, to, ...countOf(results[index]?.data as List | undefined, results[index]?.isError ?? false) }));
}

type List = Page<unknown> | Items<unknown>;

/** Counts a list. After a failed refresh, the last known list counts. */
export function countOf(list: List | undefined, isError: boolean): Pick<WaitingCount, 'count' | 'more'> {
  if (!list) return { count: isError ? undefined : null, more: false };
  return { count: list.items.length, more: 'next_cursor' in list && Boolean(list.next_cursor) };
}
