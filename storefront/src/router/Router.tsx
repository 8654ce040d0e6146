import { useSyncExternalStore, type ReactNode } from 'react';
import { ErrorBoundary } from 'react-error-boundary';
import { NavigationContext, useShown } from './hooks';
import type { Navigation } from './navigation';
import { useScrollRestoration } from './scroll';

type ErrorPage = (props: { error: unknown }) => ReactNode;

interface RouterProps {
  navigation: Navigation;
  /** The first page is in the document already, where the visitor may have scrolled it. */
  keepsScroll?: boolean;
  /** Shown while the code of the first page is loading. */
  fallback: ReactNode;
  /** Shown when something around the pages fails. */
  ErrorPage: ErrorPage;
  /** The parts around the pages, with `<Outlet>` where the page is. */
  children: ReactNode;
}

export function Router({ navigation, keepsScroll = false, fallback, ErrorPage, children }: RouterProps) {
  const { shown } = useSyncExternalStore(navigation.subscribe, navigation.getState, navigation.getState);
  useScrollRestoration(shown?.location, keepsScroll);
  if (!shown) return fallback;
  return (
    <NavigationContext value={navigation}>
      <ErrorBoundary FallbackComponent={ErrorPage} resetKeys={[shown.location.key]}>{children}</ErrorBoundary>
    </NavigationContext>
  );
}

/** The page of the URL, or an error page if it cannot be loaded or rendered. */
export function Outlet({ ErrorPage }: { ErrorPage: ErrorPage }) {
  const { page: Page, location, error } = useShown();
  if (!Page) return <ErrorPage error={error} />;
  return <ErrorBoundary FallbackComponent={ErrorPage} resetKeys={[location.key]}><Page /></ErrorBoundary>;
}
