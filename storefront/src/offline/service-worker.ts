// Shows the offline page when a page of the shop cannot be loaded for want of a network. It stores the files of that page
// alone: prices, stock and whatever is private come from the server or not at all.

declare const self: ServiceWorkerGlobalScope;
/** The digest of the page's files, which the build fills in. With it, a new build of the page is a new service worker. */
declare const __OFFLINE_DIGEST__: string;

const PAGE = '/offline.html';
const FILES = [PAGE, '/offline.css', '/offline.js'];
const CACHE = `offline-${__OFFLINE_DIGEST__}`;

/** Programs of their own on the shop's origin, which show by themselves that they cannot be loaded. */
const NOT_THE_SHOP = /^\/(?:admin|api|mailbox|media|sandbox)(?:\/|$)/;

self.addEventListener('install', (event) => {
  event.waitUntil(storeFiles().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(Promise.all([deleteOutdated(), self.registration.navigationPreload?.enable()]));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate') {
    if (!NOT_THE_SHOP.test(url.pathname)) event.respondWith(navigate(event));
  } else if (FILES.includes(url.pathname)) {
    event.respondWith(stored(url.pathname));
  }
});

async function storeFiles(): Promise<void> {
  const cache = await caches.open(CACHE);
  // Past the browser's cache, which may have the files of an earlier build.
  await cache.addAll(FILES.map((file) => new Request(file, { cache: 'reload' })));
}

async function deleteOutdated(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
}

async function navigate(event: FetchEvent): Promise<Response> {
  try {
    // The browser has begun to load the page while it started the service worker, if it can do that.
    const preloaded = (await event.preloadResponse) as Response | undefined;
    return preloaded ?? (await fetch(event.request));
  } catch {
    return stored(PAGE);
  }
}

async function stored(path: string): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? Response.error();
}
