// Loses the network in a shop that is no demo: the offline page, its languages, trying again, and what the browser stores.
//
//   node e2e/offline.mjs http://127.0.0.1:8080 /tmp/screenshots
import { openBrowser } from './browser.mjs';
import { createSteps, expect } from './steps.mjs';

const [baseUrl, screenshotDir] = process.argv.slice(2);
if (!baseUrl || !screenshotDir) {
  console.error('usage: node e2e/offline.mjs <base-url> <screenshot-dir>');
  process.exit(2);
}

const FILES = ['/offline.css', '/offline.html', '/offline.js'];
const LANGUAGES = {
  en: { title: 'No connection', retry: 'Try again' },
  de: { title: 'Keine Verbindung', retry: 'Erneut versuchen' },
  fr: { title: 'Pas de connexion', retry: 'Réessayer' },
};

const browser = await openBrowser(baseUrl, screenshotDir);
const { page, problems, inspectAll, allow } = browser;
const context = page.context();
const heading = (name) => page.getByRole('heading', { level: 1, name });
const open = (path) => page.goto(new URL(path, baseUrl).href);
const { begin, run } = createSteps({ offline: browser });

/** Takes the network away, which makes the browser report each request that fails. */
async function offline() {
  await context.setOffline(true);
}

async function online() {
  await context.setOffline(false);
  for (const problem of problems.filter((one) => one.includes('ERR_INTERNET_DISCONNECTED'))) allow(problem);
}

async function installable() {
  begin('the shop can be installed under its name, with icons that exist');
  await open('/');
  const manifest = await page.evaluate(async () => {
    const response = await fetch(document.querySelector('link[rel="manifest"]').href);
    return { type: response.headers.get('content-type'), cache: response.headers.get('cache-control'), json: await response.json() };
  });
  expect(manifest.type === 'application/manifest+json' && manifest.cache === 'no-cache', `the manifest is ${manifest.type}, ${manifest.cache}`);
  const shop = await page.evaluate(async () => (await fetch('/api/v1/shop')).json());
  expect(manifest.json.name === shop.name && manifest.json.lang === shop.locale, `the manifest is of ${manifest.json.name} in ${manifest.json.lang}`);
  const devtools = await context.newCDPSession(page);
  const { errors } = await devtools.send('Page.getAppManifest');
  expect(errors.length === 0, `the manifest has errors: ${JSON.stringify(errors)}`);
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
  const others = installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito');
  expect(others.length === 0, `it cannot be installed: ${JSON.stringify(others)}`);
}

async function registered() {
  begin('the service worker is registered once the page is loaded');
  await page.evaluate(async () => {
    // It is registered by itself: `ready` waits for that and for its activation.
    const { active } = await navigator.serviceWorker.ready;
    if (active.state !== 'activated') await new Promise((resolve) => { active.addEventListener('statechange', resolve, { once: true }); });
  });
  const headers = await page.evaluate(async () => {
    const { headers: of } = await fetch('/service-worker.js');
    return [of.get('content-type'), of.get('cache-control')];
  });
  expect(headers[0].startsWith('text/javascript') && headers[1] === 'no-cache', `the service worker is ${headers}`);
}

/** Returns the paths in all caches. */
function stored() {
  return page.evaluate(async () => {
    const paths = [];
    for (const name of await caches.keys()) {
      for (const { url } of await (await caches.open(name)).keys()) paths.push(new URL(url).pathname);
    }
    return paths.toSorted();
  });
}

async function offlinePages() {
  for (const [language, { title, retry }] of Object.entries(LANGUAGES)) {
    begin(`without a network, a page of the shop is the offline page (${language})`);
    await context.addCookies([{ name: 'language', value: language, url: baseUrl }]);
    await open('/');
    await page.getByRole('main').waitFor();
    await offline();
    await open('/products?sort=price');
    await heading(title).waitFor();
    expect((await page.title()) === title, `the title is ${await page.title()}`);
    expect((await page.locator('html').getAttribute('lang')) === language, 'the page says another language');
    expect((await page.getByRole('button').count()) === 1, 'the page shows more than one language');
    await inspectAll(`offline-${language}`);

    begin(`trying again in vain shows the same page (${language})`);
    await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: retry }).click()]);
    await heading(title).waitFor();

    begin(`trying again with a network shows the page, by keyboard (${language})`);
    await online();
    await page.keyboard.press('Tab');
    expect(await page.getByRole('button', { name: retry }).evaluate((button) => button === document.activeElement), 'Tab does not lead to the button');
    await page.keyboard.press('Enter');
    await page.getByRole('banner').waitFor();
    expect(page.url().endsWith('/products?sort=price'), `it is ${page.url()}`);
  }
}

async function theme() {
  begin('the offline page has the theme that the visitor chose');
  await page.evaluate(() => { document.cookie = 'theme=dark; Path=/'; });
  await offline();
  await page.reload();
  await page.getByRole('main').waitFor();
  expect((await page.locator('html').getAttribute('data-theme')) === 'dark', 'it is not dark');
  await online();
  await open('/');
  await page.evaluate(() => { document.cookie = 'theme=; Path=/; Max-Age=0'; });
}

async function nothingElse() {
  begin('nothing but the files of the offline page is stored');
  for (const path of ['/', '/products', '/cart', '/login']) {
    await open(path);
    await page.getByRole('main').waitFor();
  }
  const paths = await stored();
  expect(JSON.stringify(paths) === JSON.stringify(FILES), `stored: ${paths}`);

  begin('the service worker leaves requests and the pages of the admin alone');
  await offline();
  const failed = await page.evaluate(() => fetch('/api/v1/shop').then(() => false, () => true));
  expect(failed, 'the API is answered without a network');
  const error = await open('/admin').then(() => null, ({ message }) => message);
  expect(error?.includes('ERR_INTERNET_DISCONNECTED'), `the admin without a network: ${error}`);
  await online();
  await open('/');
}

await run(async () => {
  await installable();
  await registered();
  await offlinePages();
  await theme();
  await nothingElse();
});
