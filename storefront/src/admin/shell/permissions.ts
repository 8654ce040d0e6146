import { useAccount } from '../../api/account';
import type { Role } from '../api/types';

const STAFF: readonly Role[] = ['support', 'merchant', 'admin'];
const FULFILMENT: readonly Role[] = ['warehouse', ...STAFF];
const STOCK_KEEPERS: readonly Role[] = ['warehouse', 'merchant', 'admin'];
const MERCHANT: readonly Role[] = ['merchant', 'admin'];
const ADMIN: readonly Role[] = ['admin'];

/**
 * The roles that may call each group of operations, as the access tables of the services say. The server decides; this
 * only hides what it would refuse.
 */
const PERMISSIONS = {
  'orders:read': STAFF,
  'orders:write': STAFF,
  'shipments:write': FULFILMENT,
  'payments:read': STAFF,
  'payments:write': MERCHANT,
  'balances:read': MERCHANT,
  'products:read': STAFF,
  'products:write': MERCHANT,
  'imports:write': MERCHANT,
  'stock:read': FULFILMENT,
  'stock:adjust': STOCK_KEEPERS,
  'stock:write': MERCHANT,
  'promotions:read': STAFF,
  'promotions:write': MERCHANT,
  'reviews:write': STAFF,
  'accounts:read': ADMIN,
  'accounts:write': ADMIN,
  'api-keys:write': ADMIN,
  'taxes:read': STAFF,
  'taxes:write': MERCHANT,
  'shipping:read': MERCHANT,
  'shipping:write': MERCHANT,
  'shop:write': MERCHANT,
  'content:write': MERCHANT,
  'system:read': STAFF,
  'system:write': STAFF,
  'images:retry': MERCHANT,
  'webhooks:write': MERCHANT,
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof PERMISSIONS;

export function isStaff(roles: readonly Role[]): boolean {
  return roles.some((role) => FULFILMENT.includes(role));
}

export function isAllowed(roles: readonly Role[], permission: Permission): boolean {
  const allowed: readonly Role[] = PERMISSIONS[permission];
  return roles.some((role) => allowed.includes(role));
}

/** Returns whether the logged-in account has a permission. */
export function useCan(): (permission: Permission) => boolean {
  const { data: account } = useAccount();
  return (permission) => isAllowed(account?.roles ?? [], permission);
}
