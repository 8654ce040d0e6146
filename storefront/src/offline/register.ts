import type { QueryClient } from '@tanstack/react-query';
import { SHOP_KEY } from '../api/catalogue';
import type { Shop } from '../api/types';

/**
 * Registers the service worker, which shows a page of its own while there is no network. It waits until the page is loaded and
 * the browser is idle. A demo shop has none: it is gone soon, and its address is then another program's, as is that of Vite's
 * dev server. A shop on `localhost` that is neither has one, because it behaves as it will at its public address.
 */
export async function registerServiceWorker(client: QueryClient): Promise<void> {
  // Browsers have no service workers on pages without HTTPS.
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  await pageLoaded();
  await browserIdle();
  try {
    const shop = await client.ensureQueryData<Shop>({ queryKey: SHOP_KEY });
    // The browser asks the server for a newer one at each visit.
    if (!shop.demo) await navigator.serviceWorker.register('/service-worker.js', { updateViaCache: 'none' });
  } catch {
    // The shop works without it, for example where storage is blocked. The next page tries again.
  }
}

function pageLoaded(): Promise<void> {
  if (document.readyState === 'complete') return Promise.resolve();
  return new Promise((resolve) => { window.addEventListener('load', () => resolve(), { once: true }); });
}

function browserIdle(): Promise<void> {
  return new Promise((resolve) => {
    // Safari has no idle callbacks.
    if ('requestIdleCallback' in window) window.requestIdleCallback(() => resolve());
    else setTimeout(resolve);
  });
}
