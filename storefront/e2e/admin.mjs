// A merchant's day in a running `shopstack up --demo` with SHIPPING_CARRIER=manual, with the keyboard alone: logs in, prints a
// packing slip, finds an order, adds a note, ships it in two parcels, refunds an item, answers withdrawals, counts stock,
// changes prices and moderates a review.
//
//   node e2e/admin.mjs http://127.0.0.1:8080 /tmp/screenshots
import { adminPages } from './admin-pages.mjs';
import { openBrowser } from './browser.mjs';
import { keyboard } from './keyboard.mjs';
import { placeOrder } from './shopper.mjs';
import { createSteps, expect } from './steps.mjs';

const [baseUrl, screenshotDir] = process.argv.slice(2);
if (!baseUrl || !screenshotDir) {
  console.error('usage: node e2e/admin.mjs <base-url> <screenshot-dir>');
  process.exit(2);
}

const SKU = 'PWW-KTL-STL';
const OTHER_SKU = 'PWW-KTL-BLK';
const browser = await openBrowser(baseUrl, screenshotDir);
const { page, inspectAll } = browser;
const keys = keyboard(page);
const { press, type, tabTo, tabBackTo, replace, focusedName } = keys;
const { heading, message, returnView, openOrder, split, ship, refundUnit, receiveWithdrawal, openSku } = adminPages(page, keys, inspectAll);
page.setDefaultTimeout(20_000);
const { begin, run } = createSteps({ admin: browser });

async function logIn() {
  begin('the merchant logs in');
  await page.goto(new URL('/admin', baseUrl).href);
  await heading('Log in to the admin');
  await inspectAll('login');
  await tabTo('Email');
  await type('merchant@example.com');
  await tabTo('Password');
  await type('orchard-kettle-49');
  await press('Enter');
  await heading('Dashboard');
  await page.getByRole('heading', { name: 'Waiting for you' }).waitFor();
  await inspectAll('dashboard');
}

async function printSlip({ number }) {
  begin('a packing slip and the pick list are printed');
  await press('g', 's');
  await heading('Shipments');
  await tabTo(`Select the shipment of order ${number}`);
  await press('x');
  // The buttons are above the table.
  await tabBackTo('Print 1 packing slip');
  const opened = page.waitForEvent('popup');
  await press('Enter');
  const popup = await opened;
  const slips = popup.url();
  await popup.close();
  await page.goto(slips);
  await page.getByRole('article', { name: 'Packing slip' }).getByText('Unter den Linden 77').waitFor();
  await inspectAll('packing-slips');
  await page.goto(new URL('/admin/shipments/pick-list', baseUrl).href);
  await page.getByRole('rowheader', { name: SKU }).waitFor();
  await inspectAll('pick-list');
}

async function addNote() {
  begin('a shortcut leads to the field for a note');
  await press('n');
  expect((await focusedName()).startsWith('Add a note'), 'The key n does not lead to the note');
  await type('Called the customer.');
  await press('Enter');
  await type('Delivery in two parcels is fine.');
  await press('Tab', 'Enter');
  await message('The note is added.');
  await page.getByText('Called the customer.\nDelivery in two parcels is fine.').waitFor();
  await inspectAll('note');
}

async function findOrder({ email, number }) {
  begin('shortcuts lead to the order');
  await openOrder(email, number);
}

async function shipInTwoParcels() {
  begin('the order is split');
  await split();

  begin('both parcels are packed and shipped');
  await ship(1);
  await ship(2);
  await inspectAll('shipped');
}

async function refundItem(number) {
  begin('one of two kettles is refunded, and the customer keeps it');
  await refundUnit(number, 'Pour-Over Kettle, Brushed steel', 'The lid has a scratch.');
  await page.getByRole('row', { name: /^Refund.*Succeeded/ }).waitFor();
  await inspectAll('refunded');
}

async function withdrawAndReceive(withdraw) {
  begin('the customer withdraws, and the item is received and refunded');
  await withdraw(OTHER_SKU, 1);
  await receiveWithdrawal(1);
}

async function declineWithdrawal(withdraw) {
  begin('the customer withdraws again, and the return is declined');
  await withdraw(SKU, 1);
  await returnView(2).getByText('The customer withdrew from the contract').waitFor();
  await tabTo('Decline return 2');
  await press('Enter');
  await page.getByRole('dialog', { name: 'Decline return 2?' }).waitFor();
  await inspectAll('decline');
  // The focus is in the first field, the reason.
  await type('The parcel was empty.');
  await press('Enter');
  await message('The return is declined.');
  await returnView(2).getByText('Declined: The parcel was empty.').waitFor();
  await inspectAll('returns');
}

async function countStock() {
  begin('five more are counted in');
  await press('g', 'i');
  await heading('Stock');
  await inspectAll('stock');
  await openSku(SKU);
  await tabTo('Units');
  await type('5');
  await tabTo('Note');
  const note = `delivery note ${Date.now()}`;
  await type(note);
  await press('Enter');
  await page.getByRole('row', { name: new RegExp(`\\+5.*Delivery received.*${note}`) }).waitFor();
  await inspectAll('sku');
}

async function changePrice() {
  begin('the command palette opens the product, and its price is changed');
  await press('Control+k');
  await type('pour-over');
  await page.getByRole('option', { name: /Products Pour-Over Kettle/ }).waitFor();
  await inspectAll('palette');
  await press('Enter');
  await heading('Pour-Over Kettle');
  await tabTo('Price of Brushed steel');
  await replace('91.50');
  await inspectAll('product');
  await press('Enter');
  await message('Saved.');
  const product = await (await fetch(new URL('/api/v1/products/pour-over-kettle', baseUrl))).json();
  expect(product.variants[0].price.amount === 9150, `The price is ${product.variants[0].price.amount}`);
}

async function moderate() {
  begin('a review is held back and published again');
  // In a text field the letters of a shortcut are text.
  await tabTo('Save');
  await press('g', 'r');
  await heading('Reviews');
  await tabTo('State');
  await type('Published');
  await page.waitForURL(/state=published/);
  await page.getByRole('button', { name: /^Hold back / }).first().waitFor();
  await inspectAll('reviews');
  await tabTo('Hold back ');
  const title = (await focusedName()).slice('Hold back '.length);
  await press('Enter');
  await message('Held back 1 review.');
  await tabTo('State');
  await type('Pending');
  await page.getByRole('rowheader', { name: title }).waitFor();
  await tabTo(`Publish ${title}`);
  await press('Enter');
  await message('Published 1 review.');
}

async function changePrices() {
  begin('the prices of two products are reduced at once');
  await press('g', 'p');
  await heading('Products');
  await page.getByRole('rowheader').nth(1).waitFor();
  await tabTo('Select all rows on this page');
  await tabTo('Select ');
  await press('x', 'ArrowDown', 'x');
  await page.getByText('2 products selected').waitFor();
  // The buttons are above the table.
  await tabBackTo('Change price');
  await press('Enter');
  await page.getByRole('dialog', { name: 'Change the prices of 2 products' }).waitFor();
  await tabTo('Percent');
  await type('10');
  await page.getByText(/prices of 2 products change/).waitFor();
  await inspectAll('change-prices');
  await press('Enter');
  await page.getByRole('region', { name: /^Reduce the prices/ }).getByText('2 products changed.').waitFor();
  expect((await focusedName()).startsWith('Reduce the prices'), 'The focus is not at the result');
  await inspectAll('changed-prices');
}

async function wordEmail() {
  begin('the email of a new order gets a wording of its own, without an unknown placeholder');
  await press('g', 'w');
  await heading('Emails');
  await tabTo('Subject');
  await type('Order {order} is in, {surname}');
  await tabTo('Message');
  await type('Thank you, {name}! We pack it today.');
  await tabTo('Save');
  await press('Enter');
  await page.getByRole('link', { name: /\{surname\} is no placeholder/ }).waitFor();
  await inspectAll('emails');
  await tabTo('Subject');
  await replace('Order {order} is in');
  await tabTo('Save');
  await press('Enter');
  await message('The emails are saved.');
}

async function otherPages() {
  begin('every other page opens with a shortcut');
  const pages = [
    ['s', 'Shipments'], ['y', 'Payments'], ['b', 'Balances and payouts'], ['p', 'Products'], ['c', 'Categories'],
    ['m', 'Promotions'], ['a', 'Pages'], ['l', 'Storefront'], ['h', 'Shipping'], ['t', 'Taxes'], ['e', 'Shop settings'], ['x', 'System'],
  ];
  for (const [key, name] of pages) {
    await press('g', key);
    await heading(name);
    await page.waitForLoadState('networkidle');
    await inspectAll(name.toLowerCase().replaceAll(' ', '-'));
  }
  await press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await inspectAll('shortcuts');
  await press('Escape');
}

await run(async () => {
  const email = `parcels-${Date.now()}@example.com`;
  const { number, withdraw } = await placeOrder(baseUrl, email, { [SKU]: 2, [OTHER_SKU]: 1 });
  await logIn();
  await printSlip({ number });
  await findOrder({ email, number });
  await addNote();
  await shipInTwoParcels();
  await refundItem(number);
  await withdrawAndReceive(withdraw);
  await declineWithdrawal(withdraw);
  await countStock();
  await changePrice();
  await moderate();
  await changePrices();
  await wordEmail();
  await otherPages();
});
