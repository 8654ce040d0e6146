import { useEffect, useLayoutEffect, useRef } from 'react';
import type { Location } from './navigation';

const STORAGE_KEY = 'scroll-positions';

/** The vertical scroll position of each entry of the history, also after a reload. */
const positions = readPositions();

function readPositions(): Record<string, number> {
  try {
    return JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? '{}') as Record<string, number>;
  } catch {
    return {};
  }
}

export function rememberScroll({ key }: Location): void {
  positions[key] = window.scrollY;
}

/**
 * Scrolls as the browser would between documents: Back and a reload return to the former position, a fragment shows its
 * element, and any other page begins at its top. With `keepsFirst`, the browser has done this for the first page.
 */
export function useScrollRestoration(location: Location | undefined, keepsFirst: boolean): void {
  const first = useRef(keepsFirst ? location : undefined);
  useEffect(() => {
    window.history.scrollRestoration = 'manual';
    const onHide = () => {
      if (location) rememberScroll(location);
      try {
        sessionStorage.setItem(STORAGE_KEY, JSON.stringify(positions));
      } catch {
        // Without storage, a reload begins at the top.
      }
      // The browser restores the position when it shows this document again, until the script has loaded.
      window.history.scrollRestoration = 'auto';
    };
    window.addEventListener('pagehide', onHide);
    return () => window.removeEventListener('pagehide', onHide);
  }, [location]);

  useLayoutEffect(() => {
    if (!location || location === first.current) return;
    first.current = undefined;
    const position = positions[location.key];
    if (position !== undefined) window.scrollTo(0, position);
    else if (location.hash) elementOf(location.hash)?.scrollIntoView({ behavior: 'instant' });
    else if (location.state.preventScrollReset !== true) window.scrollTo(0, 0);
  }, [location]);
}

function elementOf(hash: string): HTMLElement | null {
  try {
    return document.getElementById(decodeURIComponent(hash.slice(1)));
  } catch {
    return null;
  }
}
