import type { ComponentType } from 'react';
import { createBrowserRouter, type RouteObject } from 'react-router';
import type { Messages } from './messages/catalogue';
import { needPurchaseTexts } from './messages/store';
import table from './routes.json';
import { PageSkeleton } from './shell/PageSkeleton';
import { RouteError } from './shell/RouteError';
import { Shell } from './shell/Shell';

type Load = () => Promise<{ default: ComponentType }>;

/** Each page is a chunk of its own: a visitor of the home page does not load the checkout. */
const PAGES = import.meta.glob<{ default: ComponentType }>('./pages/*Page.tsx');

/** The pages that shoppers only look at, whose texts are loaded first. */
const BROWSING = new Set(['HomePage', 'ListingPage', 'ProductPage', 'CartPage', 'NotFoundPage']);

function needsPurchaseTexts(page: string): boolean {
  return !BROWSING.has(page);
}

export interface RouteHandle {
  /** The key of the page's title in the catalogues. */
  path: keyof Messages['shell']['titles'];
}

function pageRoute(path: string, page: string): RouteObject {
  const load: Load | undefined = PAGES[`./pages/${page}.tsx`];
  if (!load) throw new Error(`routes.json names the page ${page}, but src/pages/${page}.tsx does not exist`);
  return {
    path,
    handle: { path } as RouteHandle,
    ErrorBoundary: RouteError,
    lazy: async () => {
      const [{ default: Component }] = await Promise.all([load(), needsPurchaseTexts(page) ? needPurchaseTexts() : null]);
      return { Component };
    },
  };
}

export const pageRoutes: RouteObject[] = [
  ...table.map(({ path, page }) => pageRoute(path, page)),
  pageRoute('*', 'NotFoundPage'),
];

export function createRouter() {
  return createBrowserRouter([{ Component: Shell, ErrorBoundary: RouteError, HydrateFallback: PageSkeleton, children: pageRoutes }]);
}
