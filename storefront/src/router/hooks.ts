import { createContext, use, useMemo, useSyncExternalStore } from 'react';
import type { Location, NavigateOptions, Navigation, Shown } from './navigation';
import type { PageRoute, Params } from './routes';

export const NavigationContext = createContext<Navigation | null>(null);

export function useNavigation(): Navigation {
  const navigation = use(NavigationContext);
  if (!navigation) throw new Error('There is no <Router>');
  return navigation;
}

export function useShown(): Shown {
  const { subscribe, getState } = useNavigation();
  const { shown } = useSyncExternalStore(subscribe, getState, getState);
  if (!shown) throw new Error('The first page is not loaded yet');
  return shown;
}

/** The location of the page on the screen. The browser's URL is ahead of it while the next page is loading. */
export function useLocation(): Location {
  return useShown().location;
}

/** The parameters in the path, decoded. */
export function useParams(): Params {
  return useShown().params;
}

export function useRoute(): PageRoute {
  return useShown().route;
}

export function useNavigate(): Navigation['navigate'] {
  return useNavigation().navigate;
}

/** True while the code of the next page is loading. */
export function useIsPageLoading(): boolean {
  const { subscribe, getState } = useNavigation();
  const isLoading = () => getState().isLoading;
  return useSyncExternalStore(subscribe, isLoading, isLoading);
}

type SetSearchParams = (params: URLSearchParams | Record<string, string>, options?: NavigateOptions) => void;

/** The query of the URL, and a function that replaces it. */
export function useSearchParams(): [URLSearchParams, SetSearchParams] {
  const { pathname, search } = useLocation();
  const navigate = useNavigate();
  const params = useMemo(() => new URLSearchParams(search), [search]);
  const setParams: SetSearchParams = (next, options) => {
    const text = new URLSearchParams(next).toString();
    void navigate(text ? `${pathname}?${text}` : pathname, options);
  };
  return [params, setParams];
}
