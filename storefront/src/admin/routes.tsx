import type { ComponentType } from 'react';
import { Navigate } from '../router/Link';
import type { PageRoute } from '../router/routes';
import { SETUP_PATH } from './shell/setup-link';

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
  ['/imports', () => import('./imports/ImportsPage')],
  ['/imports/:id', () => import('./imports/ImportPage')],
  ['/stock', () => import('./stock/StockPage')],
  ['/stock/:sku', () => import('./stock/SkuPage')],
  ['/promotions', () => import('./promotions/PromotionsPage')],
  ['/promotions/new', () => import('./promotions/PromotionPage')],
  ['/promotions/:code', () => import('./promotions/PromotionPage')],
  ['/reviews', () => import('./reviews/ReviewsPage')],
  ['/pages', () => import('./content/PagesPage')],
  ['/pages/new', () => import('./content/PageEditorPage')],
  ['/pages/:handle', () => import('./content/PageEditorPage')],
  ['/storefront', () => import('./content/StorefrontPage')],
  ['/emails', () => import('./emails/EmailsPage')],
  ['/accounts', () => import('./customers/AccountsPage')],
  ['/customers/:id', () => import('./customers/CustomerPage')],
  ['/api-keys', () => import('./api-keys/ApiKeysPage')],
  ['/shipping', () => import('./shipping/ShippingPage')],
  ['/taxes', () => import('./taxes/TaxesPage')],
  ['/settings', () => import('./settings/SettingsPage')],
  ['/system', () => import('./system/SystemPage')],
  ['*', () => import('./shell/NotFoundPage')],
];

export const adminRoutes: readonly PageRoute[] = [
  // Without an account the shell shows the form to set up the first admin there. With one, it is done.
  { path: SETUP_PATH, load: async () => () => <Navigate to="/" /> },
  ...PAGES.map(([path, load]) => ({ path, load: async () => (await load()).default })),
];
