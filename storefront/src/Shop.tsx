import { QueryClientProvider, type QueryClient } from '@tanstack/react-query';
import { StrictMode } from 'react';
import type { Navigation } from './router/navigation';
import { Router } from './router/Router';
import { PageSkeleton } from './shell/PageSkeleton';
import { RouteError } from './shell/RouteError';
import { Shell } from './shell/Shell';

interface ShopProps {
  queryClient: QueryClient;
  navigation: Navigation;
  /** The document has the first view already. */
  isTakenOver: boolean;
}

/** The whole storefront. */
export function Shop({ queryClient, navigation, isTakenOver }: ShopProps) {
  return (
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <Router navigation={navigation} keepsScroll={isTakenOver} fallback={<PageSkeleton />} ErrorPage={RouteError}><Shell /></Router>
      </QueryClientProvider>
    </StrictMode>
  );
}
