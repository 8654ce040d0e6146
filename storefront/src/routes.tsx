import { createBrowserRouter, type RouteObject } from 'react-router';
import { PageSkeleton } from './shell/PageSkeleton';
import { RouteError } from './shell/RouteError';
import { Shell } from './shell/Shell';

/** Each page is its own chunk: a visitor of the home page does not load the checkout. */
function page(path: string, load: () => Promise<{ default: React.ComponentType }>): RouteObject {
  return {
    path,
    ErrorBoundary: RouteError,
    lazy: async () => ({ Component: (await load()).default }),
  };
}

const routes: RouteObject[] = [
  {
    Component: Shell,
    ErrorBoundary: RouteError,
    HydrateFallback: PageSkeleton,
    children: [
      page('/', () => import('./pages/HomePage')),
      page('/products', () => import('./pages/ListingPage')),
      page('/categories/:handle', () => import('./pages/ListingPage')),
      page('/search', () => import('./pages/ListingPage')),
      page('/products/:handle', () => import('./pages/ProductPage')),
      page('/cart', () => import('./pages/CartPage')),
      page('/checkout', () => import('./pages/CheckoutPage')),
      page('/checkout/return', () => import('./pages/CheckoutReturnPage')),
      page('/checkout/transfer', () => import('./pages/TransferPage')),
      page('/orders/:id', () => import('./pages/OrderPage')),
      page('/account', () => import('./pages/AccountPage')),
      page('/login', () => import('./pages/LoginPage')),
      page('/register', () => import('./pages/RegisterPage')),
      page('*', () => import('./pages/NotFoundPage')),
    ],
  },
];

export function createRouter() {
  return createBrowserRouter(routes);
}
