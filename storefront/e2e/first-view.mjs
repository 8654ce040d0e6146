// Opens pages without JavaScript and compares their text with that of the page after its script has run, in three languages
// on a large and a small screen. Checks that the script takes over the elements of the first view, with what the visitor has
// done meanwhile, that the layout shifts by at most 0.05, and that the console has no errors.
// Usage: npm run e2e:first-view -- <base-url> <screenshot-dir>
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [baseUrl, screenshots] = process.argv.slice(2);
if (!baseUrl || !screenshots) {
  console.error('Usage: node e2e/first-view.mjs <base-url> <screenshot-dir>');
  process.exit(2);
}
mkdirSync(screenshots, { recursive: true });

const MAX_SHIFT = 0.05;
const LANGUAGES = ['en', 'de', 'fr'];
const SCREENS = { large: { width: 1280, height: 900 }, small: { width: 390, height: 844 } };
const problems = [];

const url = (path) => new URL(path, baseUrl).href;

async function json(path) {
  const response = await fetch(url(path));
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

/** Returns the pages to open: every kind, with what the shop has. */
async function pages() {
  const { items } = await json('/api/v1/products?limit=24');
  const products = await Promise.all(items.map(({ handle }) => json(`/api/v1/products/${handle}`)));
  const withOptions = products.find(({ options }) => options.length > 0) ?? products[0];
  const { items: categories } = await json('/api/v1/categories');
  const { pages: own } = await json('/api/v1/storefront');
  return {
    home: '/',
    list: '/products',
    filtered: '/products?in_stock=true&max_price=5000&sort=price',
    category: `/categories/${categories.find(({ product_count: count }) => count > 0).handle}`,
    search: '/search?q=kettle',
    'no-results': '/search?q=qqqq',
    product: `/products/${withOptions.handle}`,
    ...(own.length > 0 && { content: `/pages/${own[0].handle}` }),
    'missing-product': '/products/no-such-product',
    'missing-page': '/no/such/page',
    cart: '/cart',
    checkout: '/checkout',
    login: '/login?next=%2Fcart',
    register: '/register',
    account: '/account',
    'find-order': '/orders/find',
    order: '/orders/00000000-0000-7000-8000-000000000001',
  };
}

/** Keeps the element of the first view, and collects the shifts of the layout. */
function observe() {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const { value, startTime, hadRecentInput, sources } of list.getEntries()) {
      if (!hadRecentInput) window.shifts.push({ value, at: startTime, nodes: sources.map(({ node }) => `${node?.nodeName}.${node?.className ?? ''}`) });
    }
  }).observe({ type: 'layout-shift', buffered: true });
  new MutationObserver(() => {
    window.firstMain ??= document.querySelector('#main');
  }).observe(document, { childList: true, subtree: true });
}

/** The largest sum of shifts that follow each other within a second, in windows of five: CLS as browsers report it. */
function cumulative(shifts) {
  let [worst, sum, start, last] = [0, 0, -Infinity, -Infinity];
  for (const { value, at } of shifts) {
    if (at - last > 1_000 || at - start > 5_000) [sum, start] = [0, at];
    [sum, last] = [sum + value, at];
    worst = Math.max(worst, sum);
  }
  return worst;
}

function textOf(page) {
  // Without the status below it, which announces titles to screen readers.
  return page.locator('.Shell_shell').innerText();
}

/** Waits until React has taken over the content, and for the frames after that, in which it adapts to the screen. */
async function takenOver(page) {
  await page.waitForFunction(() => Object.keys(document.querySelector('#main') ?? {}).some((key) => key.startsWith('__reactFiber')));
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(() => requestAnimationFrame(() => requestAnimationFrame(resolve)))));
}

function record(page, name) {
  page.on('pageerror', (error) => problems.push(`${name}: ${error.message}`));
  page.on('console', (message) => {
    // The document of a missing page is reported as an error by the browser, and a visitor without an account has no orders.
    const isExpected = /status of 40[14]/.test(message.text());
    if (message.type() === 'error' && !isExpected) problems.push(`${name}: console: ${message.text()}`);
  });
}

async function open(browser, options, language) {
  const context = await browser.newContext({ ...options, locale: language, reducedMotion: 'reduce' });
  await context.addCookies([{ name: 'language', value: language, url: baseUrl }]);
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  return page;
}

function firstDifference(one, other) {
  const [left, right] = [one.split('\n'), other.split('\n')];
  const index = left.findIndex((line, at) => line !== right[at]);
  return index < 0 ? `the end: ${JSON.stringify(right.slice(left.length))}` : `${JSON.stringify(left[index])} and ${JSON.stringify(right[index])}`;
}

/** Compares pages with and without their script. Requests are left open, so that the page has only the embedded data. */
async function compare(browser, paths, language, screen) {
  const viewport = SCREENS[screen];
  const plain = await open(browser, { viewport, javaScriptEnabled: false }, language);
  const scripted = await open(browser, { viewport }, language);
  await scripted.route('**/api/**', () => {});
  await scripted.addInitScript(observe);
  let name = '';
  record(scripted, `${language} ${screen}`);
  for (const [page, path] of Object.entries(paths)) {
    name = `${page} in ${language} on a ${screen} screen`;
    await plain.goto(url(path));
    const before = await textOf(plain);
    await plain.screenshot({ path: join(screenshots, `${page}-${language}-${screen}-first.png`) });
    await scripted.goto(url(path), { waitUntil: 'commit' });
    await takenOver(scripted);
    const after = await textOf(scripted);
    await scripted.screenshot({ path: join(screenshots, `${page}-${language}-${screen}-script.png`) });
    if (before !== after) problems.push(`${name} changes: ${firstDifference(before, after)}`);
    if (!(await scripted.evaluate(() => window.firstMain === document.querySelector('#main')))) problems.push(`${name} is rendered again`);
    const shift = cumulative(await scripted.evaluate(() => window.shifts));
    if (shift > MAX_SHIFT) problems.push(`${name} shifts by ${shift.toFixed(3)} when its script takes over`);
  }
  await plain.context().close();
  await scripted.context().close();
}

/** Measures the shifts of pages that load everything. */
async function measure(browser, paths, language, screen) {
  const page = await open(browser, { viewport: SCREENS[screen] }, language);
  await page.addInitScript(observe);
  record(page, `complete pages in ${language} on a ${screen} screen`);
  for (const [name, path] of Object.entries(paths)) {
    await page.goto(url(path), { waitUntil: 'networkidle' });
    const shifts = await page.evaluate(() => window.shifts);
    const shift = cumulative(shifts);
    console.log(`${name.padEnd(16)} ${language} ${screen.padEnd(6)} shift ${shift.toFixed(3)}`);
    if (shift > MAX_SHIFT) problems.push(`${name} in ${language} on a ${screen} screen shifts by ${shift.toFixed(3)}: ${JSON.stringify(shifts)}`);
  }
  await page.context().close();
}

/** Uses a page whose script has not arrived yet: the script keeps the typed text, the focus and the scroll position. */
async function visitEarly(browser, screen) {
  const page = await open(browser, { viewport: SCREENS[screen] }, 'en');
  const held = [];
  let isHeld = true;
  await page.route('**/assets/*.js', (route) => (isHeld ? held.push(route) : route.continue()));
  record(page, `early use on a ${screen} screen`);
  await page.goto(url('/products'), { waitUntil: 'commit' });
  const box = page.getByLabel('Search products').locator('visible=true');
  await box.fill('mug');
  await page.evaluate(() => window.scrollTo(0, 300));
  isHeld = false;
  for (const route of held) await route.continue();
  await takenOver(page);
  const kept = await page.evaluate(() => ({ text: document.activeElement?.value, scroll: Math.round(window.scrollY) }));
  if (kept.text !== 'mug' || kept.scroll !== 300) problems.push(`early use on a ${screen} screen is lost: ${JSON.stringify(kept)}`);
  await box.press('Enter');
  await page.waitForURL('**/search?q=mug');
  await page.context().close();
}

/** Clicks buttons and choices whose script has not arrived yet, which are done once it has. */
async function clickEarly(browser, path) {
  const { variants } = await json(`/api/v1${path}`);
  const { sku } = variants.find(({ availability }) => availability === 'in_stock');
  const page = await open(browser, { viewport: SCREENS.large }, 'en');
  const held = [];
  let isHeld = true;
  // The page's own code, which its first script asks for.
  await page.route('**/assets/ProductPage-*.js', (route) => (isHeld ? held.push(route) : route.continue()));
  record(page, 'early click');
  // The first script has run by then.
  await page.goto(url(`${path}?variant=${encodeURIComponent(sku)}`), { waitUntil: 'domcontentloaded' });
  // Another variant and back, since nothing seems to happen; then two of it into the cart.
  const name = await page.locator('input[type=radio]:checked').first().getAttribute('name');
  const group = page.locator(`input[type=radio][name="${name}"]`);
  const own = await group.evaluateAll((inputs) => inputs.findIndex(({ checked }) => checked));
  for (const index of [own === 0 ? 1 : 0, own]) await group.nth(index).check({ force: true });
  await page.getByRole('button', { name: 'Increase quantity' }).click();
  await page.getByRole('button', { name: 'Add to cart' }).first().click();
  const added = page.waitForResponse((response) => response.url().includes('/api/v1/cart/lines'));
  isHeld = false;
  for (const route of held) await route.continue();
  await takenOver(page);
  const { lines } = await (await added).json();
  const bought = lines.map(({ sku, quantity }) => `${quantity} x ${sku}`).join(', ');
  if (bought !== `2 x ${sku}`) problems.push(`early clicks put ${bought} into the cart, not 2 x ${sku}`);
  await page.context().close();
}

/** The form and the links of the first view need no script. */
async function visitWithoutScript(browser) {
  const page = await open(browser, { viewport: SCREENS.large, javaScriptEnabled: false }, 'en');
  await page.goto(url('/'));
  await page.getByLabel('Search products').locator('visible=true').fill('kettle');
  await page.getByRole('button', { name: 'Search' }).first().click();
  await page.waitForURL('**/search?q=kettle');
  await page.locator('article a').first().click();
  await page.waitForURL('**/products/*');
  await page.context().close();
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
try {
  const paths = await pages();
  for (const screen of Object.keys(SCREENS)) {
    for (const language of LANGUAGES) await compare(browser, paths, language, screen);
    await measure(browser, paths, 'de', screen);
    await visitEarly(browser, screen);
  }
  await clickEarly(browser, paths.product);
  await visitWithoutScript(browser);
} catch (error) {
  problems.push(error.stack);
} finally {
  await browser.close();
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log('The first view of every page is the page.');
