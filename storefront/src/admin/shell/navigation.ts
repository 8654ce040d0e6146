import type { Permission } from './permissions';

interface NavigationItem {
  path: string;
  label: string;
  /** The path of single items, where it is another one. */
  items?: string;
  /** The key that opens the page after `g`. */
  key: string;
  /** Absent for pages that all staff may see. */
  permission?: Permission;
  /** More words that the command palette finds the page by. */
  words?: string;
}

interface NavigationGroup {
  label: string;
  items: readonly NavigationItem[];
}

export const NAVIGATION: readonly NavigationGroup[] = [
  {
    label: 'Sales',
    items: [
      { path: '/', label: 'Dashboard', key: 'd', words: 'home overview' },
      { path: '/orders', label: 'Orders', key: 'o', permission: 'orders:read' },
      { path: '/shipments', label: 'Shipments', key: 's', permission: 'shipments:write', words: 'pack ship parcels' },
      { path: '/payments', label: 'Payments', key: 'y', permission: 'payments:read', words: 'transfers' },
      { path: '/payouts', label: 'Balances and payouts', key: 'b', permission: 'balances:read', words: 'gateway money' },
    ],
  },
  {
    label: 'Catalogue',
    items: [
      { path: '/products', label: 'Products', key: 'p', permission: 'products:read' },
      { path: '/categories', label: 'Categories', key: 'c', permission: 'products:read' },
      { path: '/stock', label: 'Stock', key: 'i', permission: 'stock:read', words: 'inventory low' },
      { path: '/imports', label: 'Imports', key: 'f', permission: 'imports:write', words: 'upload files csv ndjson bulk' },
      { path: '/promotions', label: 'Promotions', key: 'm', permission: 'promotions:read', words: 'codes discounts' },
      { path: '/reviews', label: 'Reviews', key: 'r', permission: 'reviews:write', words: 'moderation ratings' },
    ],
  },
  {
    label: 'Content',
    items: [
      { path: '/pages', label: 'Pages', key: 'a', permission: 'content:write', words: 'legal imprint terms privacy withdrawal texts' },
      { path: '/storefront', label: 'Storefront', key: 'l', permission: 'content:write', words: 'appearance logo colour home menu footer legal guarantee notice' },
      { path: '/emails', label: 'Emails', key: 'w', permission: 'content:write', words: 'wording texts messages templates' },
    ],
  },
  {
    label: 'Shop',
    items: [
      { path: '/accounts', items: '/customers', label: 'Customers and staff', key: 'u', permission: 'accounts:read', words: 'accounts roles users' },
      { path: '/api-keys', label: 'API keys', key: 'k', permission: 'api-keys:write', words: 'programs partners tokens' },
      { path: '/shipping', label: 'Shipping', key: 'h', permission: 'shipping:read', words: 'zones warehouse delivery prices' },
      { path: '/taxes', label: 'Taxes', key: 't', permission: 'taxes:read', words: 'tax rates vat' },
      { path: '/settings', label: 'Shop settings', key: 'e', permission: 'shop:write', words: 'name country language' },
      { path: '/system', label: 'System', key: 'x', permission: 'system:read', words: 'failed emails dead letters webhooks images' },
    ],
  },
];

export const PAGES: readonly NavigationItem[] = NAVIGATION.flatMap(({ items }) => items);

/** Returns the item that the page belongs to: `/orders/1` belongs to Orders. */
export function currentItem(pathname: string): NavigationItem | undefined {
  return PAGES.find(({ path, items = path }) => pathname === path || (path !== '/' && pathname.startsWith(`${items}/`)));
}
