// The same purchase, paid in every way that the shop offers.
import { enterCard, goToPayment, review, waitForOrder } from './checkout.mjs';

function hasFocus(locator) {
  return locator.evaluate((element) => element === document.activeElement);
}

/** What the bank asks is given up, then answered with no; another card is asked about the browser first, and the bank is told yes. */
export async function challenges({ page, baseUrl, begin, inspectAll, expect }) {
  begin('the bank asks the customer');
  await goToPayment(page, baseUrl);
  await inspectAll('ways-to-pay');
  await enterCard(page, 'CHALLENGE');
  await (await review(page)).click();
  await page.getByRole('heading', { name: 'Is this you?' }).waitFor();
  await inspectAll('bank');

  begin('the way back without an answer leads on to the bank');
  await page.goto(new URL('/checkout', baseUrl).href);
  await page.getByText('Your bank still wants to confirm').waitFor();
  await inspectAll('bank-waits');

  begin('so does the page one comes back to, and what the bank asks can be given up there');
  const { paymentId } = await page.evaluate(() => JSON.parse(sessionStorage.getItem('shop.payment')));
  await page.goto(new URL(`/checkout/return?payment=${paymentId}`, baseUrl).href);
  await page.getByRole('button', { name: 'Go on at your bank' }).waitFor();
  await inspectAll('return-waits');
  await page.getByRole('button', { name: 'Pay another way' }).click();
  await page.waitForURL(/\/checkout$/);
  await page.getByText('You gave this payment up.').waitFor();

  begin('the bank asks about the next card, and is told no');
  await enterCard(page, 'CHALLENGE');
  await (await review(page)).click();
  await page.getByRole('heading', { name: 'Is this you?' }).waitFor();
  await page.getByRole('button', { name: 'Deny' }).click();
  await page.getByText('The payment was refused.').waitFor();
  await inspectAll('refused');

  begin('another card is asked about the browser, and the bank asks again');
  let posted = null;
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/confirm')) posted ??= request.postDataJSON();
  });
  await page.getByRole('button', { name: /^DEVICE CHALLENGE/ }).click();
  await (await review(page)).click();
  await page.getByRole('button', { name: 'Confirm payment' }).click();
  await waitForOrder(page);
  expect(posted?.device_data && posted.device_data !== 'timeout', `the bank was not told of the browser: ${JSON.stringify(posted)}`);
}

/** The page of the payment partner, chosen with the keyboard. */
export async function hostedPage({ page, baseUrl, begin, inspectAll, expect }) {
  begin('the page of the payment partner');
  await goToPayment(page, baseUrl);
  await page.getByRole('radio', { name: /^Card/ }).first().focus();
  await page.keyboard.press('ArrowDown');
  await page.getByText("You will continue on our payment partner's page.").waitFor();
  await inspectAll('hosted-chosen');
  await (await review(page)).click();
  await page.getByRole('heading', { name: 'Pay by card' }).waitFor();

  begin('the way back without paying leads on to the payment');
  await page.goto(new URL('/checkout', baseUrl).href);
  await page.getByRole('button', { name: 'Go on with the payment' }).waitFor();

  begin('it is given up and chosen again, with the keyboard');
  await page.getByRole('button', { name: 'Pay another way' }).focus();
  await page.keyboard.press('Enter');
  await page.getByText('You gave this payment up.').waitFor();
  expect(await hasFocus(page.getByRole('heading', { name: 'Payment', exact: true })), 'the focus did not go on to the payment');
  await page.getByRole('radio', { name: /^Card/ }).first().focus();
  await page.keyboard.press('ArrowDown');
  await (await review(page)).click();
  await page.getByRole('heading', { name: 'Pay by card' }).waitFor();
  await page.goto(new URL('/checkout', baseUrl).href);
  await page.getByRole('button', { name: 'Go on with the payment' }).click();
  await page.getByRole('button', { name: /^Pay / }).click();
  await waitForOrder(page);
}

/** The shop's way to pay by bank transfer, if it has one. */
async function transferOf(baseUrl) {
  const { items } = await (await fetch(new URL('/api/v1/payment-methods', baseUrl))).json();
  return items.find(({ entry }) => entry.type === 'transfer');
}

/** Bank transfer; false when the shop does not offer it. */
export async function bankTransfer({ page, baseUrl, begin, inspectAll, staff, expect }) {
  const way = await transferOf(baseUrl);
  if (!way) return false;
  begin('bank transfer tells what to transfer where');
  await goToPayment(page, baseUrl);
  await page.getByRole('radio', { name: way.label }).check();
  await page.getByText('You will see where to transfer the money to.').waitFor();
  const place = await review(page);
  await inspectAll('transfer-review');
  await place.click();
  await page.waitForURL(/\/checkout\/transfer\?payment=/);
  await page.getByRole('heading', { level: 1, name: /^Now transfer/ }).waitFor();
  await inspectAll('transfer');
  const copies = page.getByRole('button', { name: 'Copied the reference' }).waitFor();
  await page.getByRole('button', { name: 'Copy the reference' }).click();
  await copies;
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  await page.locator('dd', { hasText: copied }).waitFor();

  begin('it is found again in another tab, and the order is placed when the money is there');
  const url = page.url();
  const payment = new URL(url).searchParams.get('payment');
  const other = await page.context().newPage();
  await other.goto(new URL('/checkout', baseUrl).href);
  await other.waitForURL(url);
  await other.close();
  await page.goto(baseUrl);
  await page.goto(new URL('/checkout', baseUrl).href);
  await page.waitForURL(url);
  const answer = await page.evaluate(async (id) => (await fetch(`/api/v1/payments/${id}`)).json(), payment);
  expect(answer.status === 'action_required', `a transfer that waits is ${answer.status}`);
  await staff.moneyArrived(payment, answer.amount);
  await waitForOrder(page);
  return true;
}

/** A bank transfer that is thought better of; nothing where the shop does not offer it. */
export async function transferGivenUp({ page, baseUrl, begin, inspectAll, forgive, expect }) {
  const way = await transferOf(baseUrl);
  if (!way) return;
  begin('a transfer is given up only when the question is answered with yes');
  await goToPayment(page, baseUrl);
  await page.getByRole('radio', { name: way.label }).check();
  await (await review(page)).click();
  await page.waitForURL(/\/checkout\/transfer\?payment=/);
  const transferUrl = page.url();
  const other = page.getByRole('button', { name: 'Pay another way', exact: true });
  await other.focus();
  await page.keyboard.press('Enter');
  const question = page.getByRole('group', { name: 'Give this transfer up?' });
  await question.getByText('If you have transferred the money already, do not do this.').waitFor();
  expect(await hasFocus(question), 'the focus did not go on to the question');
  await inspectAll('transfer-given-up');
  await page.keyboard.press('Escape');
  await other.waitFor();
  expect(await hasFocus(other), 'the focus did not come back from the question');
  await other.click();
  await question.getByRole('button', { name: 'Keep the transfer' }).click();
  expect(await hasFocus(other), 'the focus did not come back from the button');

  begin('a lost answer is asked for again, and the order is still there');
  let asked = 0;
  await page.route('**/cancel-payment', async (route) => {
    asked += 1;
    // It arrives, and its answer does not.
    if (asked > 1) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await other.click();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/checkout$/);
  await page.getByText('You gave this payment up.').waitFor();
  await page.unroute('**/cancel-payment');
  forgive('net::ERR_FAILED');
  expect(asked === 2, `the transfer was given up ${asked} times`);
  await inspectAll('another-way');

  begin('its address leads to the checkout now, and the order is paid by card');
  await page.goto(transferUrl);
  await page.waitForURL(/\/checkout$/);
  await page.getByText('You gave this payment up.').waitFor();
  await enterCard(page, 'AUTHORISED');
  await (await review(page)).click();
  await waitForOrder(page);
}
