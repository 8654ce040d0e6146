// A guest checks out again and again, and each time another request of the shop fails once: it never arrives, or its response is
// lost, or the service is unavailable. With what the page offers, the customer gets through: nothing that was typed is lost,
// one order is placed, and it is paid once.
//
//   node e2e/failing-requests.mjs http://127.0.0.1:8080 /tmp/screenshots
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { enterCard } from './checkout.mjs';
import { merchant } from './staff.mjs';

const [baseUrl, screenshotDir] = process.argv.slice(2);
if (!baseUrl || !screenshotDir) {
  console.error('usage: node e2e/failing-requests.mjs <base-url> <screenshot-dir>');
  process.exit(2);
}
mkdirSync(screenshotDir, { recursive: true });

/** The ways in which a request fails. */
const FAILURES = {
  'never arrives': (route) => route.abort(),
  'loses its response': async (route) => {
    await route.fetch();
    await route.abort();
  },
  'meets a service that is unavailable': (route) => route.fulfill({
    status: 503,
    headers: { 'content-type': 'application/problem+json', 'retry-after': '1' },
    body: JSON.stringify({ type: 'about:blank', title: 'Service unavailable', status: 503, code: 'unavailable', detail: 'Try again soon.' }),
  }),
};
/** The time that the page has to go on by itself before the customer does something. */
const PATIENCE_MS = 8000;
/** The number of times that a customer tries again. */
const MAX_TRIES = 5;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const problems = [];

/** Returns the name of a request, the same in every run: its method and its path without ids. */
function nameOf(request) {
  const { pathname } = new URL(request.url());
  return `${request.method()} ${pathname.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '{id}')}`;
}

/** Does a step until its result is there. What the page offers to try again is used first, then the step is repeated. */
async function until(page, result, step) {
  await step();
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const isDone = await result().first().waitFor({ timeout: PATIENCE_MS }).then(() => true, () => false);
    if (isDone) return;
    const again = page.getByRole('button', { name: /^(Try again|Check again|Update|Reload)/ }).first();
    if (await again.isVisible()) await again.click();
    else await step();
  }
  await result().first().waitFor({ timeout: PATIENCE_MS });
}

/** The fields of the contact step. Until the rules of the country are known, some are optional, and their labels say so. */
const FIELDS = [
  [/^Email/, null], [/^Full name/, 'Ada Lovelace'], [/^Street address/, 'Unter den Linden 77'], [/^Postal code/, '10117'], [/^Town or city/, 'Berlin'],
];

async function fill(page, email) {
  await page.getByLabel('Country').selectOption({ label: 'Germany' });
  for (const [name, value] of FIELDS) {
    const field = page.getByLabel(name);
    // What was typed before a failure must still be there.
    if (await field.inputValue() === '') await field.fill(value ?? email);
  }
}

/** Presses a button if the page still has it. */
async function press(page, name) {
  const button = page.getByRole('button', { name }).first();
  if (await button.isVisible() && await button.isEnabled()) await button.click();
}

/** Buys a kettle, and returns the path of the order's page. */
async function buy(page, email) {
  const button = (name) => page.getByRole('button', { name });
  await until(page, () => button('Add to cart'), () => page.goto(new URL('/products/pour-over-kettle', baseUrl).href).catch(() => {}));
  await until(page, () => page.getByRole('region', { name: 'Message' }).getByText('was added to your cart'), () => press(page, 'Add to cart'));
  await until(page, () => page.getByLabel('Full name'), () => page.goto(new URL('/checkout', baseUrl).href).catch(() => {}));
  await fill(page, email);
  await until(page, () => page.getByRole('radio', { name: /Standard/ }), async () => {
    await press(page, 'Continue to delivery');
    if (!(await page.getByLabel('Full name').isVisible())) return;
    for (const [name, value] of FIELDS) {
      const typed = await page.getByLabel(name).inputValue({ timeout: 1000 }).catch(() => null);
      if (typed !== null && typed !== (value ?? email)) throw new Error(`"${name}" was lost: it is "${typed}"`);
    }
  });
  await page.getByRole('radio', { name: /Standard/ }).check();
  await until(page, () => page.getByLabel('Name on card'), () => press(page, 'Continue to payment'));
  await enterCard(page, 'AUTHORISED');
  await until(page, () => button(/^(Place order and pay$|Pay )/), () => press(page, 'Continue to review'));
  const isPlaced = () => page.getByText(/^Order .+, placed/);
  await until(page, isPlaced, () => press(page, /^(Place order|Pay )/));
}

/** Runs a checkout in which `fails` decides about each request. Returns the names of all requests. */
async function checkOut(email, fails) {
  const context = await browser.newContext({ locale: 'en-US', reducedMotion: 'reduce' });
  const page = await context.newPage();
  const names = new Set();
  page.setDefaultTimeout(30_000);
  page.on('pageerror', (error) => problems.push(`${email}: uncaught error: ${error.message}`));
  await page.route('**/api/v1/**', async (route) => {
    const name = nameOf(route.request());
    names.add(name);
    await (fails(name) ?? ((one) => one.continue()))(route).catch(() => {});
  });
  try {
    await buy(page, email);
  } catch (error) {
    await page.screenshot({ path: join(screenshotDir, `failed-${email.split('@')[0]}.png`), fullPage: true }).catch(() => {});
    throw error;
  } finally {
    await context.close();
  }
  return names;
}

const staff = merchant(baseUrl);
// Each run buys one.
const { variants: [{ sku }] } = await (await fetch(new URL('/api/v1/products/pour-over-kettle', baseUrl))).json();
await staff.receiveStock(sku, 200);

/** Checks that there is one order of this customer, and that no more is captured than it costs. */
async function expectOneOrder(email) {
  const { items } = await staff.read(`/api/v1/orders?all=true&q=${encodeURIComponent(email)}`);
  if (items.length !== 1) throw new Error(`${items.length} orders were placed`);
  const order = await staff.read(`/api/v1/orders/${items[0].id}`);
  const { items: payments } = await staff.read(`/api/v1/payments?order_number=${order.number}`);
  const paid = payments.flatMap(({ operations }) => operations).filter(({ kind, state }) => kind === 'authorise' && state === 'succeeded');
  if (payments.length !== 1 || paid.length !== 1) throw new Error(`${payments.length} payments with ${paid.length} authorisations`);
  if (order.payment.captured.amount > order.totals.total.amount) throw new Error('more was captured than the order costs');
}

let run = 0;
const newEmail = () => `failing-${(run += 1)}-${Date.now()}@example.com`;

const first = newEmail();
const requests = await checkOut(first, () => null);
await expectOneOrder(first);
console.log(`a checkout makes ${requests.size} kinds of requests`);

let failed = 0;
for (const name of requests) {
  for (const [how, failure] of Object.entries(FAILURES)) {
    const email = newEmail();
    let pending = true;
    try {
      await checkOut(email, (one) => {
        if (!pending || one !== name) return null;
        pending = false;
        return failure;
      });
      await expectOneOrder(email);
      console.log(`- ${name} ${how}`);
    } catch (error) {
      failed += 1;
      console.error(`FAILED: ${name} ${how}\n  ${error.message.split('\n')[0]}`);
    }
  }
}
for (const problem of problems) console.error(problem);
console.log(`${requests.size * Object.keys(FAILURES).length - failed} passed, ${failed + problems.length} failed`);
if (failed + problems.length > 0) process.exitCode = 1;
await browser.close();
