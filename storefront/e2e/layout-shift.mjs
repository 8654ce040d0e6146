// Measures the layout shift of the pages on a slow phone with a full cart, and fails above the limit.
//
//   node e2e/layout-shift.mjs http://127.0.0.1:8080 [language]
import { chromium } from 'playwright-core';

const [baseUrl, language = 'en'] = process.argv.slice(2);
if (!baseUrl) {
  console.error('usage: node e2e/layout-shift.mjs <base-url> [en|de|fr]');
  process.exit(2);
}

const LIMIT = 0.05;
const PHONE = { width: 390, height: 844 };
/** 1.6 Mbit/s with 150 ms of latency, Lighthouse's slow 4G. */
const NETWORK = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 93_750 };
const LINES_IN_CART = 5;
/** After the network is idle: pictures and fonts still have to be decoded and drawn. */
const SETTLE_MS = 1_500;

async function api(page, method, path, body) {
  return page.evaluate(async (call) => {
    const response = await fetch(call.path, {
      method: call.method,
      ...(call.body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(call.body) }),
    });
    if (!response.ok) throw new Error(`${call.method} ${call.path}: ${response.status} ${await response.text()}`);
    return response.json();
  }, { method, path, body });
}

/** Fills the cart of a new guest and returns the handle of a product with several images. */
async function prepare(page) {
  await page.goto(new URL('/cart', baseUrl).href);
  await api(page, 'POST', '/api/v1/auth/guest', { session: 'cookie' });
  await page.evaluate(() => localStorage.setItem('shop.session', 'guest'));
  const { items } = await api(page, 'GET', '/api/v1/products?in_stock=true&limit=24');
  let handle = items[0].handle;
  let mostImages = 0;
  for (const [index, item] of items.entries()) {
    const product = await api(page, 'GET', `/api/v1/products/${item.handle}`);
    const variant = product.variants.find(({ availability }) => availability === 'in_stock');
    if (index < LINES_IN_CART && variant) await api(page, 'POST', '/api/v1/cart/lines', { sku: variant.sku, quantity: 1 });
    if (product.images.length > mostImages) {
      handle = item.handle;
      mostImages = product.images.length;
    }
  }
  return handle;
}

/** Collects the shifts of the page. */
function observe() {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      const sources = entry.sources.map(({ node, previousRect, currentRect }) =>
        `${node?.nodeName} ${node?.className ?? ''} ${Math.round(previousRect.y)}+${Math.round(previousRect.height)} to ${Math.round(currentRect.y)}+${Math.round(currentRect.height)}`);
      window.shifts.push({ value: entry.value, at: entry.startTime, sources });
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** The largest sum of shifts that follow each other within a second, in windows of five: CLS as browsers report it. */
function cumulative(shifts) {
  let worst = 0;
  let sum = 0;
  let start = -Infinity;
  let last = -Infinity;
  for (const { value, at } of shifts) {
    if (at - last > 1_000 || at - start > 5_000) {
      sum = 0;
      start = at;
    }
    sum += value;
    last = at;
    worst = Math.max(worst, sum);
  }
  return worst;
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
try {
  const context = await browser.newContext({ viewport: PHONE, deviceScaleFactor: 2, isMobile: true, hasTouch: true });
  await context.addCookies([{ name: 'language', value: language, url: baseUrl }]);
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const handle = await prepare(page);
  const devtools = await context.newCDPSession(page);
  await devtools.send('Network.enable');
  await devtools.send('Network.setCacheDisabled', { cacheDisabled: true });
  await devtools.send('Network.emulateNetworkConditions', NETWORK);
  await page.addInitScript(observe);

  const pages = { home: '/', list: '/products', search: '/search?q=kettle', product: `/products/${handle}`, cart: '/cart', checkout: '/checkout', login: '/login' };
  let failed = false;
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(new URL(path, baseUrl).href, { waitUntil: 'networkidle' });
    await page.waitForTimeout(SETTLE_MS);
    const shifts = await page.evaluate(() => window.shifts);
    const value = cumulative(shifts);
    const isBad = value > LIMIT;
    failed ||= isBad;
    console.log(`${name.padEnd(10)} ${value.toFixed(3)}${isBad ? `  above ${LIMIT}` : ''}`);
    if (isBad || process.env.VERBOSE) for (const { value, sources } of shifts) console.log(`  ${value.toFixed(3)} ${sources.join('; ')}`);
  }
  if (failed) process.exitCode = 1;
} finally {
  await browser.close();
}
