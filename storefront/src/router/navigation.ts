import type { HistoryLocation, RouterHistory } from '@tanstack/history';
import type { ComponentType } from 'react';
import { findRoute, type PageRoute, type Params } from './routes';

/** `pathname` is without the base path of the program, and encoded as in the URL. */
export interface Location {
  pathname: string;
  search: string;
  hash: string;
  state: Readonly<Record<string, unknown>>;
  /** Identifies the entry of the history, also after a reload. */
  key: string;
}

/** The page on the screen. */
export interface Shown {
  location: Location;
  route: PageRoute;
  params: Params;
  /** Null when its code could not be loaded. */
  page: ComponentType | null;
  error: unknown;
}

export interface NavigationState {
  /** Null until the code of the first page is loaded. */
  shown: Shown | null;
  /** The code of the next page is loading, while the page before is still shown. */
  isLoading: boolean;
}

export interface NavigateOptions {
  replace?: boolean;
  /** Kept in the entry of the history. */
  state?: Readonly<Record<string, unknown>>;
  /** The scroll position stays: only something on the page changes. */
  preventScrollReset?: boolean;
}

interface Settings {
  history: RouterHistory;
  routes: readonly PageRoute[];
  /** The path of the program, such as `/admin`; empty for the shop. */
  base?: string;
  /** Called before another page is shown, with the location that is left. */
  onLeave?: (location: Location) => void;
}

export type Navigation = ReturnType<typeof createNavigation>;

/**
 * Shows the page of the browser's URL. The page before stays on the screen until the code of the next one is loaded, so
 * that nobody sees an empty page in between.
 */
export function createNavigation({ history, routes, base = '', onLeave }: Settings) {
  let state: NavigationState = { shown: null, isLoading: false };
  let opened: Promise<void> = Promise.resolve();
  let latest: Location | null = null;
  const loaded = new Map<PageRoute, ComponentType>();
  const listeners = new Set<() => void>();

  const setState = (next: NavigationState) => {
    state = next;
    for (const listener of listeners) listener();
  };

  const locate = ({ pathname, search, hash, state }: HistoryLocation): Location => {
    const { __TSR_key: key = '', ...rest } = state;
    return { pathname: pathname.slice(base.length) || '/', search, hash, state: rest as Location['state'], key };
  };

  const show = (shown: Shown) => {
    if (state.shown) onLeave?.(state.shown.location);
    setState({ shown, isLoading: false });
  };

  const open = async () => {
    const location = locate(history.location);
    latest = location;
    const { route, params } = findRoute(routes, location.pathname);
    const known = loaded.get(route);
    if (known) return show({ location, route, params, page: known, error: null });
    setState({ ...state, isLoading: true });
    try {
      const page = await route.load();
      loaded.set(route, page);
      // The visitor may have gone on to another page meanwhile.
      if (latest === location) show({ location, route, params, page, error: null });
    } catch (error) {
      if (latest === location) show({ location, route, params, page: null, error });
    }
  };

  /** Opens the page of the URL, and every page that the URL changes to. Resolves when the first one is shown, or could not be loaded. */
  const start = (): Promise<void> => {
    history.subscribe(() => {
      opened = open();
    });
    opened = open();
    return opened;
  };

  /** Goes to a path of the program, with its query and fragment. Resolves when the page is shown, or could not be loaded. */
  const navigate = (to: string, { replace = false, state, preventScrollReset = false }: NavigateOptions = {}): Promise<void> => {
    const go = replace ? history.replace : history.push;
    go(hrefOf(to), preventScrollReset ? { ...state, preventScrollReset } : state);
    return opened;
  };

  /** The URL of a path of the program. Its first page has no slash at the end: `/admin`. */
  const hrefOf = (to: string) => (base ? base + to.replace(/^\/(?=$|[?#])/, '') : to);

  return {
    history,
    hrefOf,
    locate,
    navigate,
    start,
    getState: () => state,
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
