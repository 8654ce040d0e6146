// Goes through the shop's pages and the admin's with links, Back and Forward: the title, the focus, the scroll position, the
// query, pages whose code cannot be loaded, and changes that are not saved.
//
//   node e2e/navigation.mjs http://127.0.0.1:8080 /tmp/screenshots
import { openBrowser } from './browser.mjs';
import { createSteps } from './steps.mjs';

const [baseUrl, screenshotDir] = process.argv.slice(2);
if (!baseUrl || !screenshotDir) {
  console.error('usage: node e2e/navigation.mjs <base-url> <screenshot-dir>');
  process.exit(2);
}

const browser = await openBrowser(baseUrl, screenshotDir);
const { page, problems, allow } = browser;
const heading = (name) => page.getByRole('heading', { level: 1, name });
const scrollY = () => page.evaluate(() => window.scrollY);
const path = () => page.evaluate(() => location.pathname + location.search + location.hash);
const { begin, run } = createSteps({ navigation: browser });

async function expect(read, expected) {
  let found;
  for (let tries = 0; tries < 50; tries += 1) {
    found = await read();
    if (typeof expected === 'function' ? expected(found) : found === expected) return;
    await page.waitForTimeout(100);
  }
  throw new Error(`found ${JSON.stringify(found)} instead of ${expected}`);
}

async function pages() {
  begin('a link shows the page without a reload, with its title, at its top and with the focus on its content');
  await page.goto(new URL('/products', baseUrl).href);
  await page.evaluate(() => { window.isSameDocument = true; });
  const card = page.getByRole('region', { name: 'Products' }).getByRole('article').getByRole('link').nth(12);
  await card.scrollIntoViewIfNeeded();
  const before = await scrollY();
  if (before < 200) throw new Error('the list is too short to scroll');
  const name = await card.innerText();
  await card.click();
  await heading(name).waitFor();
  await expect(() => page.title(), (title) => title.startsWith(`${name} - `));
  await expect(scrollY, 0);
  await expect(() => page.evaluate(() => document.activeElement?.id), 'main');
  await expect(() => page.evaluate(() => window.isSameDocument), true);

  begin('a fragment scrolls to its element, also after a reload');
  await page.goto(`${page.url()}#reviews`);
  await expect(scrollY, (y) => y > 100);
  await page.goBack();

  begin('Back returns to the former scroll position');
  await page.goBack();
  await heading('All products').waitFor();
  await expect(scrollY, (y) => Math.abs(y - before) < 5);
  await expect(() => page.title(), (title) => title.startsWith('All products - '));

  begin('a reload keeps the scroll position');
  await page.reload();
  await heading('All products').waitFor();
  await expect(scrollY, (y) => Math.abs(y - before) < 5);

  begin('a filter changes the query, but neither the scroll position nor the focus');
  await page.evaluate(() => window.scrollTo(0, 40));
  await page.getByRole('checkbox', { name: /In stock only/ }).click();
  await expect(path, '/products?in_stock=true');
  await expect(scrollY, 40);
  await page.goBack();
  await expect(path, '/products');
  await expect(() => page.getByRole('checkbox', { name: /In stock only/ }).isChecked(), false);
  await page.goForward();
  await expect(() => page.getByRole('checkbox', { name: /In stock only/ }).isChecked(), true);

  begin('a click with Ctrl opens a new tab');
  const [tab] = await Promise.all([page.context().waitForEvent('page'), card.click({ modifiers: ['Control'] })]);
  await tab.close();
  await expect(path, '/products?in_stock=true');

  begin('a demo shop registers no service worker');
  await expect(() => page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0);
}

async function failingPage() {
  begin('a page whose code cannot be loaded says so, and Back leads away from it');
  const chunk = /assets\/CartPage/;
  await page.route(chunk, (route) => route.abort());
  await page.getByRole('banner').getByRole('link', { name: /^Cart/ }).click();
  await page.getByRole('main').getByText('The shop has been updated').waitFor();
  await page.goBack();
  await heading('All products').waitFor();
  await page.unroute(chunk);
  for (const text of problems.filter((problem) => /ERR_FAILED|dynamically imported module|Unable to preload/.test(problem))) allow(text);

  begin('an unknown path has a page of its own');
  await page.goto(new URL('/nowhere', baseUrl).href);
  await heading('Page not found').waitFor();
  allow('404 GET');
  allow('404 (Not Found)');
}

async function unsavedChanges() {
  begin('the admin opens the page of its URL after logging in');
  await page.goto(new URL('/admin/settings', baseUrl).href);
  await page.getByLabel('Email').fill('merchant@example.com');
  await page.getByLabel('Password').fill('orchard-kettle-49');
  await page.getByRole('button', { name: 'Log in' }).click();
  allow('401');
  await heading('Shop settings').waitFor();
  await page.getByRole('link', { name: 'Orders', exact: true }).click();
  await heading('Orders').waitFor();
  await page.getByRole('link', { name: 'Shop settings' }).click();
  await heading('Shop settings').waitFor();
  await expect(path, '/admin/settings');

  const dialog = page.getByRole('dialog', { name: 'Leave without saving?' });
  const field = page.getByRole('main').getByRole('textbox').first();
  const text = await field.inputValue();
  for (const [way, leave, target] of [
    ['a link', () => page.getByRole('link', { name: 'Stock', exact: true }).click(), 'Stock'],
    ['Back', () => page.evaluate(() => history.back()), 'Orders'],
  ]) {
    begin(`unsaved changes keep the page open when it is left by ${way}`);
    await field.fill(`${text}!`);
    await leave();
    await dialog.waitFor();
    await dialog.getByRole('button', { name: 'Keep editing' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await expect(path, '/admin/settings');
    await expect(() => field.inputValue(), `${text}!`);

    begin(`they can be discarded when it is left by ${way}`);
    await leave();
    await dialog.getByRole('button', { name: 'Discard changes' }).click();
    await heading(target).waitFor();
    await dialog.waitFor({ state: 'hidden' });
    if (way === 'a link') await page.goBack();
    if (way === 'a link') await heading('Shop settings').waitFor();
  }

  begin('the browser asks before a tab with unsaved changes is closed');
  await page.getByRole('link', { name: 'Shop settings' }).click();
  await field.fill(`${text}!`);
  const asked = page.waitForEvent('dialog');
  const reload = page.reload().catch(() => {});
  const question = await asked;
  if (question.type() !== 'beforeunload') throw new Error(`a dialog of type ${question.type()}`);
  await question.accept();
  await reload;
}

await run(async () => {
  await pages();
  await failingPage();
  await unsavedChanges();
});
