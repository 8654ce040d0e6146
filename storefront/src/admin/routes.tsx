import type { ComponentType } from 'react';
import { createBrowserRouter, type RouteObject } from 'react-router';
import { PageSkeleton } from '../shell/PageSkeleton';
import { AdminShell } from './shell/AdminShell';
import { AdminError } from './shell/AdminError';

type Load = () => Promise<{ default: ComponentType }>;

/** Every page with its code, which is loaded when the page is opened. */
const PAGES: readonly (readonly [path: string, load: Load])[] = [
  ['/', () => import('./dashboard/DashboardPage')],
  ['/orders', () => import('./orders/OrdersPage')],
  ['/orders/:id', () => import('./orders/OrderPage')],
  ['/shipments', () => import('./shipments/ShipmentsPage')],
  ['/shipments/packing-slips', () => import('./printing/PackingSlipsPage')],
  ['/shipments/pick-list', () => import('./printing/PickListPage')],
  ['/shipments/:order', () => import('./shipments/OrderShipmentsPage')],
  ['/payments', () => import('./payments/PaymentsPage')],
  ['/payouts', () => import('./payments/PayoutsPage')],
  ['/products', () => import('./products/ProductsPage')],
  ['/products/new', () => import('./products/ProductPage')],
  ['/products/:handle', () => import('./products/ProductPage')],
  ['/categories', () => import('./products/CategoriesPage')],
  ['/stock', () => import('./stock/StockPage')],
  ['/stock/:sku', () => import('./stock/SkuPage')],
  ['/promotions', () => import('./promotions/PromotionsPage')],
  ['/promotions/new', () => import('./promotions/PromotionPage')],
  ['/promotions/:code', () => import('./promotions/PromotionPage')],
  ['/reviews', () => import('./reviews/ReviewsPage')],
  ['/accounts', () => import('./customers/AccountsPage')],
  ['/api-keys', () => import('./api-keys/ApiKeysPage')],
  ['/shipping', () => import('./shipping/ShippingPage')],
  ['/taxes', () => import('./taxes/TaxesPage')],
  ['/settings', () => import('./settings/SettingsPage')],
  ['/system', () => import('./system/SystemPage')],
  ['*', () => import('./shell/NotFoundPage')],
];

export function createAdminRouter() {
  const children = PAGES.map(([path, load]): RouteObject => ({
    path,
    ErrorBoundary: AdminError,
    lazy: async () => ({ Component: (await load()).default }),
  }));
  return createBrowserRouter([{ Component: AdminShell, ErrorBoundary: AdminError, HydrateFallback: PageSkeleton, children }], { basename: '/admin' });
}
