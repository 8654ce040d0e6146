// Opens every page of the shop, in German, and of the admin on the narrowest screen and at twice the size (WCAG 2.2, 1.4.4 and
// 1.4.10), with the longest words that people enter: no page scrolls sideways, no text is cut off, no texts overlap, and no short
// word is broken.
//
//   node e2e/reflow.mjs http://127.0.0.1:8080 /tmp/screenshots
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBrowser } from './browser.mjs';
import { CATEGORY_PATH, LONG_EMAIL, LONG_NAME, LONG_STREET, PASSWORD, PRODUCT_PATH, adminExamples, enterLongWords } from './long-words.mjs';
import { layoutProblems } from './reflow-problems.mjs';

const [baseUrl, screenshotDir] = process.argv.slice(2);
if (!baseUrl || !screenshotDir) {
  console.error('usage: node e2e/reflow.mjs <base-url> <screenshot-dir>');
  process.exit(2);
}

/** A page of 1280 pixels at 200 % is as wide as one of 640. */
const SIZES = { narrow: { width: 320, height: 640 }, zoomed: { width: 640, height: 450 } };

const { page, close } = await openBrowser(baseUrl, screenshotDir, 'de');
page.setDefaultTimeout(20_000);
const button = (name) => page.getByRole('button', { name, exact: true });
const label = (name) => page.getByLabel(name, { exact: true });
const open = (path) => page.goto(new URL(path, baseUrl).href, { waitUntil: 'networkidle' });
const failures = [];
let looked = 0;

/** Looks at the page as it is now, in both sizes. */
async function look(name) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      await page.screenshot({ path: join(screenshotDir, `${name}-${size}-${colorScheme}.png`), fullPage: true });
    }
    for (const problem of await page.evaluate(layoutProblems)) failures.push(`${name}, ${size}: ${problem}`);
  }
  looked += 1;
}

/** Examples of each path of the shop. The account needs a login, and is opened by `account`. */
const SHOP_PATHS = {
  '/': ['/'], '/products': ['/products'], '/products/:handle': ['/products/waxed-rain-jacket', PRODUCT_PATH],
  '/categories/:handle': ['/categories/kitchen', CATEGORY_PATH], '/search': ['/search?q=kapit%C3%A4nsm%C3%BCtze', '/search?q=Rindfleischetikettierungs%C3%BCberwachung'],
  '/pages/:handle': ['/pages/imprint', '/pages/withdrawal'], '/cart': ['/cart'], '/checkout': ['/checkout'], '/checkout/return': ['/checkout/return'],
  '/checkout/transfer': ['/checkout/transfer'], '/orders/find': ['/orders/find'], '/orders/:id': ['/orders/none'], '/account': [],
  '/login': ['/login'], '/register': ['/register'],
};

async function shop() {
  const routes = JSON.parse(readFileSync(new URL('../src/routes.json', import.meta.url), 'utf8'));
  for (const { path } of routes) {
    if (!SHOP_PATHS[path]) failures.push(`no example of ${path}`);
    for (const one of SHOP_PATHS[path] ?? []) {
      await open(one);
      await look(`shop${one.replaceAll(/\W+/g, '-')}`);
    }
  }
  await open('/nowhere');
  await look('shop-not-found');
}

async function addToCart(path) {
  await open(path);
  await button('In den Warenkorb').click();
  await page.getByRole('region', { name: 'Hinweis' }).getByRole('link', { name: 'Warenkorb ansehen' }).waitFor();
}

async function goToPayment() {
  await addToCart(PRODUCT_PATH);
  await look('product-added');
  await addToCart('/products/waxed-rain-jacket');
  await open('/cart');
  await look('cart');
  await open('/checkout');
  await button('Weiter zum Versand').click();
  await look('checkout-errors');
  await label('E-Mail-Adresse').fill(LONG_EMAIL);
  await label('Land').selectOption({ label: 'Deutschland' });
  await label('Vor- und Nachname').fill(LONG_NAME);
  await label('Straße und Hausnummer').fill(LONG_STREET);
  await label('Postleitzahl').fill('10117');
  await label('Ort').fill('Berlin');
  await look('checkout-address');
  await button('Weiter zum Versand').click();
  await page.getByRole('radio', { name: /Standard/ }).check();
  await look('checkout-delivery');
  await button('Weiter zur Zahlung').click();
}

/** Places two orders and returns the path of the first one. */
async function order() {
  await goToPayment();
  await look('checkout-payment');
  await label('Name auf der Karte').fill('AUTHORISED');
  await label('Kartennummer').fill('4444333322221111');
  await label('Gültig bis').fill('03/30');
  await label('Prüfziffer (CVC)').fill('737');
  await button('Weiter zur Bestellübersicht').click();
  await button('Zahlungspflichtig bestellen').waitFor();
  await look('checkout-review');
  await button('Zahlungspflichtig bestellen').click();
  await page.getByText(/^Bestellung .+ vom /).waitFor();
  await page.getByRole('list', { name: 'Fortschritt' }).waitFor();
  await look('order');
  const path = new URL(page.url()).pathname;
  await button('Vertrag widerrufen').click();
  await page.getByRole('radio', { name: 'Nur einzelne Artikel' }).check();
  await look('withdrawal');

  await goToPayment();
  await page.getByRole('radio', { name: /überweisung/i }).check();
  await button('Weiter zur Bestellübersicht').click();
  await button('Zahlungspflichtig bestellen').click();
  await page.waitForURL(/\/checkout\/transfer\?payment=/);
  await look('transfer');
  return path;
}

async function account() {
  await open('/login');
  await label('E-Mail-Adresse').fill(LONG_EMAIL);
  await label('Passwort').fill(PASSWORD);
  await button('Anmelden').click();
  await page.waitForURL(/\/account/);
  await look('account');
}

async function admin(orderPath) {
  const examples = await adminExamples(baseUrl, orderPath);
  await page.evaluate(() => localStorage.clear());
  await page.context().clearCookies();
  await open('/admin');
  await label('Email').fill('admin@example.com');
  await label('Password').fill('granite-feather-51');
  await look('admin-login');
  await button('Log in').click();
  await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();
  const source = readFileSync(new URL('../src/admin/routes.tsx', import.meta.url), 'utf8');
  for (const [, path] of source.matchAll(/^ {2}\['(\/[^']*)'/gm)) {
    const example = examples[path] ?? path;
    if (example.includes(':')) failures.push(`no example of /admin${path}`);
    await open(`/admin${example}`);
    await look(`admin${path.replaceAll(/\W+/g, '-')}`);
  }
}

try {
  await enterLongWords(baseUrl);
  await shop();
  const orderPath = await order();
  await account();
  await admin(orderPath);
} catch (error) {
  await page.screenshot({ path: join(screenshotDir, 'failed-reflow.png'), fullPage: true }).catch(() => {});
  failures.push(error.stack);
} finally {
  await close();
}
for (const failure of failures) console.error(failure);
console.log(`${looked} pages, ${failures.length} failures`);
if (failures.length > 0) process.exitCode = 1;
