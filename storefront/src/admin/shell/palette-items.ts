import type { Suggestion } from '../../api/types';
import type { StaffOrder } from '../api/types';
import { ORDER_STATUS } from '../messages/en';
import { PAGES } from './navigation';
import type { Permission } from './permissions';

export interface PaletteItem {
  id: string;
  group: 'Orders' | 'Products' | 'Pages' | 'Actions';
  label: string;
  hint?: string;
  to?: string;
  action?: 'help' | 'shop';
}

interface Action extends PaletteItem {
  words: string;
  permission?: Permission;
}

const ACTIONS: readonly Action[] = [
  { id: 'new-product', group: 'Actions', label: 'Add a product', words: 'new create', to: '/products/new', permission: 'products:write' },
  { id: 'import', group: 'Actions', label: 'Import products', words: 'upload file csv ndjson', to: '/imports', permission: 'imports:write' },
  { id: 'new-promotion', group: 'Actions', label: 'Add a promotion', words: 'new create code discount', to: '/promotions/new', permission: 'promotions:write' },
  { id: 'new-page', group: 'Actions', label: 'Add a page', words: 'new create text', to: '/pages/new', permission: 'content:write' },
  { id: 'pack', group: 'Actions', label: 'Pack shipments', words: 'ship parcels', to: '/shipments?status=announced', permission: 'shipments:write' },
  { id: 'pick-list', group: 'Actions', label: 'Print pick list', words: 'pack shipments paper', to: '/shipments/pick-list', permission: 'shipments:write' },
  { id: 'attention', group: 'Actions', label: 'Orders that need attention', words: 'problems review', to: '/orders?status=attention', permission: 'orders:read' },
  { id: 'low', group: 'Actions', label: 'Low stock', words: 'inventory reorder', to: '/stock?show=low', permission: 'stock:read' },
  { id: 'help', group: 'Actions', label: 'Keyboard shortcuts', words: 'help keys', action: 'help' },
  { id: 'shop', group: 'Actions', label: 'View shop', words: 'storefront', action: 'shop' },
];

/** Returns the pages and actions that contain every word of the text. */
export function matchingItems(text: string, can: (permission: Permission) => boolean): PaletteItem[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (haystack: string) => words.every((word) => haystack.toLowerCase().includes(word));
  const allowed = ({ permission }: { permission?: Permission }) => !permission || can(permission);
  const pages = PAGES.filter((page) => allowed(page) && matches(`${page.label} ${page.words ?? ''}`)).map(
    ({ path, label, key }): PaletteItem => ({ id: `page-${path}`, group: 'Pages', label, hint: `G ${key.toUpperCase()}`, to: path }),
  );
  const actions = ACTIONS.filter((action) => allowed(action) && matches(`${action.label} ${action.words}`)).map(
    ({ words: _words, permission: _permission, ...item }): PaletteItem => item,
  );
  return [...pages, ...actions];
}

export function productItems(suggestions: readonly Suggestion[]): PaletteItem[] {
  return suggestions
    .filter(({ kind }) => kind === 'product')
    .map(({ handle, text }) => ({ id: `product-${handle}`, group: 'Products', label: text, to: `/products/${encodeURIComponent(handle)}` }));
}

export function orderItems(orders: readonly StaffOrder[]): PaletteItem[] {
  return orders.map(({ id, number, status, customer }) => ({
    id: `order-${id}`,
    group: 'Orders',
    label: [number, customer?.name].filter(Boolean).join(', '),
    hint: ORDER_STATUS[status].label,
    to: `/orders/${id}`,
  }));
}
