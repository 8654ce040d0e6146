// A merchant's first day in a shop that `PAYMENT_GATEWAY=sandbox shopstack up` has just made in an empty directory, with the
// keyboard alone: sets up the shop, imports products, writes the legal pages, sells to a customer who reads German, ships in two
// parcels, and answers a refund, a withdrawal and a review. The first argument is the link that the shop printed.
//
//   node e2e/first-day.mjs 'http://127.0.0.1:8080/admin/setup#code=…' /tmp/screenshots
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adminPages } from './admin-pages.mjs';
import { openBrowser } from './browser.mjs';
import { germanCustomer } from './german-customer.mjs';
import { keyboard } from './keyboard.mjs';
import { placeOrder } from './shopper.mjs';
import { createSteps, expect } from './steps.mjs';

const [setupLink, screenshotDir] = process.argv.slice(2);
if (!setupLink || !screenshotDir) {
  console.error('usage: node e2e/first-day.mjs <setup-link> <screenshot-dir>');
  process.exit(2);
}

const PRODUCTS = readFileSync(new URL('first-day.csv', import.meta.url));
const PASSWORD = 'six lazy tortoises';
const baseUrl = new URL('/', setupLink).href;
const browser = await openBrowser(baseUrl, screenshotDir);
const { page, inspectAll, allow } = browser;
const keys = keyboard(page);
const { press, type, tabTo, tabBackTo, replace } = keys;
const { heading, message, openOrder, openSku, split, ship, refundUnit, receiveWithdrawal } = adminPages(page, keys, inspectAll);
page.setDefaultTimeout(20_000);
const customer = await germanCustomer(baseUrl, join(screenshotDir, 'customer'));
const { begin, run } = createSteps({ 'first-day': browser, customer });

const read = async (path) => (await fetch(new URL(path, baseUrl))).json();

async function becomeAdmin() {
  begin('the printed link makes the first admin');
  await page.goto(setupLink);
  await heading('Set up the first admin');
  await page.waitForFunction(() => location.hash === '');
  await inspectAll('setup');
  await tabTo('Your name');
  await type('Frida Fuchs');
  await tabTo('Email');
  await type('frida@example.com');
  await tabTo('Password');
  await type(PASSWORD);
  await press('Enter');
  await heading('Dashboard');
  await page.getByRole('heading', { name: 'Set up your shop' }).waitFor();
  await inspectAll('new-dashboard');
}

/** Opens a page from the list of the dashboard. `link` is the verb of the link. */
async function setUp(title, pageTitle, link = 'Set up') {
  await press('g', 'd');
  await heading('Dashboard');
  await page.getByRole('heading', { name: 'Set up your shop' }).waitFor();
  await tabTo(`${link}: ${title}`);
  await press('Enter');
  await heading(pageTitle);
}

async function enterSettings() {
  begin('the list leads to the settings');
  await setUp('Name your shop', 'Shop settings');
  await tabTo('Name');
  await replace('Fuchsbau');
  await tabTo('Country');
  await type('Germany');
  await tabTo('Format of prices and dates');
  await replace('de-DE');
  await inspectAll('settings');
  await tabTo('Save');
  await press('Enter');
  await message('The settings are saved.');
}

async function enterTaxes() {
  begin('tax rates');
  await setUp('Enter tax rates', 'Taxes');
  await inspectAll('no-taxes');
  // The shop's own country is chosen already.
  await tabTo('Fill in');
  await press('Enter');
  await message('1 rate filled in.');
  await tabTo('Percentage of standard in Germany');
  await inspectAll('taxes');
  await tabTo('Save');
  await press('Enter');
  await message('The tax rates are saved.');
}

async function setUpDelivery() {
  begin('the warehouse');
  // A new shop has one in the largest town of its country.
  await setUp('Set the warehouse', 'Shipping', 'Change');
  await tabTo('Town');
  await type('Leipzig');
  await page.getByRole('option', { name: /^Leipzig/ }).first().waitFor();
  await inspectAll('warehouse');
  await press('ArrowDown', 'Enter');
  await tabTo('Set warehouse');
  await press('Enter');
  await message('The warehouse is in Leipzig now.');

  begin('delivery prices');
  await setUp('Check delivery prices', 'Shipping');
  await tabTo('Price in EUR');
  await replace('4.90');
  await inspectAll('delivery-prices');
  await tabTo('Save');
  await press('Enter');
  await message('The shipping prices are saved.');
}

async function importProducts() {
  begin('a preview of a product file shows the row that is wrong');
  await setUp('Add your first product', 'Products');
  await tabTo('Import');
  await press('Enter');
  await heading('Imports');
  // Before the field has the focus: the browser needs a moment until it leaves the choice to the script.
  const chooser = page.waitForEvent('filechooser');
  await tabTo('Product file');
  await press('Enter');
  await (await chooser).setFiles({ name: 'first-day.csv', mimeType: 'text/csv', buffer: PRODUCTS });
  await inspectAll('import');
  await tabTo('Start preview');
  await press('Enter');
  await heading('first-day.csv');
  await page.getByRole('row', { name: /tea-towel.*Error/ }).first().waitFor();
  await inspectAll('import-preview');

  begin('the other products are imported');
  await tabTo('Import these products');
  await press('Enter');
  await page.getByRole('heading', { name: 'Result' }).waitFor();
  await page.getByText('Finished', { exact: true }).waitFor();
  await inspectAll('import-result');
  const { items } = await read('/api/v1/products?limit=20');
  expect(items.length === 6, `The shop has ${items.length} products`);
}

async function writePage(name, handle, html) {
  await press('g', 'a');
  await heading('Pages');
  await tabTo(`Write ${name}`);
  await press('Enter');
  await heading(name);
  await tabTo('Text');
  // The editor has asked for a page that does not exist yet.
  allow(`404 GET ${new URL(`/api/v1/pages/${handle}`, baseUrl)}`);
  allow(`404 (Not Found) (${new URL(`/api/v1/pages/${handle}`, baseUrl)})`);
  await type(html);
}

async function createPage() {
  await tabTo('Create page');
  await press('Enter');
  // The message may still be that of the page before.
  await page.getByRole('link', { name: 'View in shop' }).waitFor();
}

async function writeLegalPages() {
  begin('the legal pages');
  await setUp('Write the legal pages', 'Pages');
  await inspectAll('missing-pages');
  await writePage('Imprint', 'imprint', '<h2>Angaben gemäß § 5 DDG</h2><p>Fuchsbau, Inhaberin Frida Fuchs<br>Karl-Heine-Straße 12<br>04229 Leipzig</p><p>E-Mail: <a href="mailto:frida@example.com">frida@example.com</a></p>');
  // The same page in a second language.
  await tabBackTo('German');
  await press('ArrowLeft');
  await tabTo('Title');
  await type('Imprint');
  await tabTo('Text');
  await type('<h2>Who we are</h2><p>Fuchsbau, owner Frida Fuchs<br>Karl-Heine-Straße 12<br>04229 Leipzig, Germany</p>');
  await page.frameLocator('iframe[title=Preview]').getByText('owner Frida Fuchs').waitFor();
  await inspectAll('page-editor');
  await createPage();
  await writePage('Privacy policy', 'privacy', '<p>Wir verarbeiten Ihre Daten, um Ihre Bestellung auszuführen.</p><h2>Ihre Rechte</h2><ul><li>Auskunft</li><li>Berichtigung</li><li>Löschung</li></ul>');
  await createPage();
  await writePage('Right of withdrawal', 'withdrawal', '<p>Sie haben das Recht, binnen vierzehn Tagen ohne Angabe von Gründen diesen Vertrag zu widerrufen.</p>');
  await createPage();
  await writePage('Terms and conditions', 'terms', '<p>Es gilt das Recht der Bundesrepublik Deutschland.</p>');
  await createPage();
  const { missing_pages: missing } = await read('/api/v1/storefront');
  expect(missing.length === 0, `Missing pages: ${missing.join(', ')}`);
  await press('g', 'a');
  await heading('Pages');
  await inspectAll('pages');
}

async function designStorefront() {
  begin('the looks of the shop');
  await press('g', 'l');
  await heading('Storefront');
  await tabTo('Colour of buttons and links');
  await type('#b5482a');
  await tabTo('Heading (optional)');
  await type('Schönes für Küche und Haus');
  await tabTo('Text below the heading');
  await type('Aus kleinen Werkstätten, mit Sorgfalt verpackt in Leipzig.');
  await tabTo('Add group');
  await press('Enter');
  // The focus is in the first field of the group.
  await type('Discover');
  await tabTo('Heading in German');
  await type('Entdecken');
  await tabTo('Add item to the group Discover');
  await press('Enter');
  await type('All products');
  await tabTo('Add item to the group Discover');
  await press('Enter');
  await type('A page');
  await tabTo('Page');
  await type('Imprint');
  await inspectAll('storefront');
  await tabTo('Save');
  await press('Enter');
  await message('The storefront is saved.');
}

async function correctStock() {
  begin('the stock is corrected to a count');
  await press('g', 'i');
  await heading('Stock');
  await inspectAll('stock');
  await openSku('FD-THR');
  await tabTo('What to do');
  await type('Correct to a count');
  await tabTo('Units');
  await type('11');
  await tabTo('Note');
  await type('One has a moth hole.');
  await inspectAll('correct-stock');
  await press('Enter');
  await page.getByRole('row', { name: /-1.*One has a moth hole/ }).waitFor();
}

async function reducePrices() {
  begin('the prices of two products are reduced');
  await tabTo('Adjust stock');
  await press('g', 'p');
  await heading('Products');
  for (const title of ['Stoneware Mug', 'Linen Apron']) {
    await tabTo(`Select ${title}`);
    await press('x');
  }
  await page.getByText('2 products selected').waitFor();
  await inspectAll('selected-products');
  await tabBackTo('Change price');
  await press('Enter');
  await page.getByRole('dialog', { name: 'Change the prices of 2 products' }).waitFor();
  await tabTo('Percent');
  await type('10');
  await tabTo('Show the present price as the former price');
  await press('Space');
  await page.getByText(/prices of 2 products change/).waitFor();
  await inspectAll('reduce-prices');
  await press('Enter');
  await page.getByRole('region', { name: /^Reduce the prices/ }).getByText('2 products changed.').waitFor();
  await inspectAll('reduced-prices');
}

async function findOrder(number) {
  begin(`the merchant finds order ${number}`);
  await openOrder(number, number);
}

async function shipInTwoParcels() {
  begin('the order leaves in two parcels');
  await split();
  await ship(1);
  await ship(2);
  await inspectAll('shipped');
}

async function refundMug(number) {
  begin('one of two mugs is refunded');
  await refundUnit(number, 'Stoneware Mug, Moss', 'The glaze has a crack.');
  await page.getByRole('row', { name: /^Refund.*Succeeded/ }).waitFor({ timeout: 60_000 });
}

async function answerWithdrawal() {
  begin('the merchant answers the withdrawal');
  await receiveWithdrawal(1);
  await inspectAll('withdrawal-answered');
}

async function moderate() {
  begin('the merchant holds the review back, and publishes it again');
  const title = 'Warm bis zum letzten Schluck';
  await press('g', 'r');
  await heading('Reviews');
  await tabTo('State');
  await type('Published');
  await page.waitForURL(/state=published/);
  await page.getByRole('button', { name: `Hold back ${title}` }).waitFor();
  await inspectAll('reviews');
  await tabTo(`Hold back ${title}`);
  await press('Enter');
  await message('Held back 1 review.');
  await tabTo('State');
  await type('Pending');
  await page.getByRole('rowheader', { name: title }).waitFor();
  await inspectAll('pending-review');
  await tabTo(`Publish ${title}`);
  await press('Enter');
  await message('Published 1 review.');
}

async function openCustomer() {
  begin('the page of the customer');
  await press('g', 'u');
  await heading('Customers and staff');
  await press('/');
  await type('jonas');
  await page.waitForURL(/q=/);
  await page.getByRole('rowheader', { name: /^frida/ }).waitFor({ state: 'detached' });
  await inspectAll('customers');
  await tabTo('jonas');
  await press('Enter');
  await heading('Jonas Berg');
  await inspectAll('customer');
}

async function resolveStuckOrder() {
  begin('a refund that the bank returns needs attention, and is resolved');
  const { number } = await placeOrder(baseUrl, 'bounce@example.com', { 'FD-CND': 2 }, 'BOUNCE');
  await findOrder(number);
  await refundUnit(number, 'Beeswax Candle', 'The glaze has a crack.');
  await page.getByText('This order needs attention.').waitFor({ timeout: 120_000 });
  await inspectAll('attention');
  await tabTo('Resolve');
  await press('Enter');
  await page.getByRole('dialog', { name: `Resolve order ${number}` }).waitFor();
  await tabTo('Reason');
  await type('Refunded by bank transfer.');
  await inspectAll('resolve');
  await press('Enter');
  await message('Resolved.');
  await page.getByText('This order needs attention.').waitFor({ state: 'detached' });
}

await run(async () => {
  await becomeAdmin();
  await enterSettings();
  await enterTaxes();
  await setUpDelivery();
  await importProducts();
  await customer.findsClosedShop(begin);
  await writeLegalPages();
  await designStorefront();
  await correctStock();
  await reducePrices();
  const number = await customer.buys(begin);
  await findOrder(number);
  await shipInTwoParcels();
  await refundMug(number);
  await customer.withdraws(begin);
  await answerWithdrawal();
  await customer.writesReview(begin);
  await moderate();
  await openCustomer();
  await resolveStuckOrder();
});
