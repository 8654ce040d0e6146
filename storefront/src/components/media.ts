import { useCallback, useSyncExternalStore } from 'react';

/**
 * Returns whether the screen matches a media query. It is null in the first view, which the server renders for every screen:
 * the page then contains the parts of all screens, and its styles hide those that do not fit.
 */
export function useMedia(query: string): boolean | null {
  const subscribe = useCallback(
    (changed: () => void) => {
      const media = window.matchMedia(query);
      media.addEventListener('change', changed);
      return () => media.removeEventListener('change', changed);
    },
    [query],
  );
  return useSyncExternalStore<boolean | null>(subscribe, () => window.matchMedia(query).matches, () => null);
}
