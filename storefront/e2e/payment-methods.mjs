// The same purchase with every payment method that the shop offers.
import { chooseDelivery, enterCard, goToPayment, review, waitForOrder } from './checkout.mjs';

function hasFocus(locator) {
  return locator.evaluate((element) => element === document.activeElement);
}

/** A 3-D Secure challenge that is cancelled, one that is denied, and one with device data that is confirmed. */
export async function challenges({ page, baseUrl, begin, inspectAll, expect }) {
  begin('the bank asks the customer to confirm');
  await goToPayment(page, baseUrl);
  await inspectAll('payment-methods');
  await enterCard(page, 'CHALLENGE');
  await (await review(page)).click();
  await page.getByRole('heading', { name: 'Confirm your payment' }).waitFor();
  await inspectAll('bank');

  begin('going back without an answer leads to the bank again');
  await page.goto(new URL('/checkout', baseUrl).href);
  await page.getByText("Your bank still needs to verify it's you.").waitFor();
  await inspectAll('bank-waits');

  begin('the return page does the same, and offers to cancel the challenge');
  const { paymentId } = await page.evaluate(() => JSON.parse(sessionStorage.getItem('shop.payment')));
  await page.goto(new URL(`/checkout/return?payment=${paymentId}`, baseUrl).href);
  await page.getByRole('button', { name: 'Continue to your bank' }).waitFor();
  await inspectAll('return-waits');
  await page.getByRole('button', { name: 'Use a different payment method' }).click();
  await page.waitForURL(/\/checkout(\?payment=[^&]+)?$/);
  await page.getByText('You cancelled the payment.').waitFor();

  begin('the challenge of the next card is denied');
  await enterCard(page, 'CHALLENGE');
  await (await review(page)).click();
  await page.getByRole('heading', { name: 'Confirm your payment' }).waitFor();
  await page.getByRole('button', { name: 'Deny' }).click();
  await page.getByText('Your payment was declined.').waitFor();
  await inspectAll('refused');

  begin('the order can be changed after the refusal, and costs what the summary says');
  await page.getByRole('link', { name: 'Edit cart' }).click();
  await page.getByRole('button', { name: 'Increase quantity' }).first().click();
  await page.getByRole('link', { name: 'Check out' }).click();
  await chooseDelivery(page);
  await page.getByRole('button', { name: 'Continue to payment' }).click();

  begin('another card needs device data and a challenge');
  let posted = null;
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/confirm')) posted ??= request.postDataJSON();
  });
  await page.getByRole('button', { name: /^DEVICE CHALLENGE/ }).click();
  await (await review(page)).click();
  await page.getByRole('button', { name: 'Confirm payment' }).click();
  await waitForOrder(page);
  expect(posted?.device_data && posted.device_data !== 'timeout', `no device data was sent: ${JSON.stringify(posted)}`);
}

/** The hosted page of the payment partner, chosen with the keyboard. */
export async function hostedPage({ page, baseUrl, begin, inspectAll, expect }) {
  begin('the page of the payment partner');
  await goToPayment(page, baseUrl);
  await page.getByRole('radio', { name: /^Card/ }).first().focus();
  await page.keyboard.press('ArrowDown');
  await page.getByText("You'll continue on our payment partner's page.").waitFor();
  await inspectAll('hosted-chosen');
  await (await review(page)).click();
  await page.getByRole('heading', { name: 'Pay by card' }).waitFor();

  begin('going back without paying leads to the payment again');
  await page.goto(new URL('/checkout', baseUrl).href);
  await page.getByRole('button', { name: 'Continue payment' }).waitFor();

  begin('it is cancelled and chosen again with the keyboard');
  await page.getByRole('button', { name: 'Use a different payment method' }).focus();
  await page.keyboard.press('Enter');
  await page.getByText('You cancelled the payment.').waitFor();
  expect(await hasFocus(page.getByRole('heading', { name: 'Payment', exact: true })), 'the focus did not move to the payment step');
  await page.getByRole('radio', { name: /^Card/ }).first().focus();
  await page.keyboard.press('ArrowDown');
  await (await review(page)).click();
  await page.getByRole('heading', { name: 'Pay by card' }).waitFor();
  await page.goto(new URL('/checkout', baseUrl).href);
  await page.getByRole('button', { name: 'Continue payment' }).click();
  await page.getByRole('button', { name: /^Pay / }).click();
  await waitForOrder(page);
}

/** Returns the shop's payment method for bank transfers, if it has one. */
async function transferOf(baseUrl) {
  const { items } = await (await fetch(new URL('/api/v1/payment-methods', baseUrl))).json();
  return items.find(({ entry }) => entry.type === 'transfer');
}

/** Bank transfer; false when the shop does not offer it. */
export async function bankTransfer({ page, baseUrl, begin, inspectAll, staff, expect }) {
  const method = await transferOf(baseUrl);
  if (!method) return false;
  begin('bank transfer shows the bank details');
  await goToPayment(page, baseUrl);
  await page.getByRole('radio', { name: method.label }).check();
  await page.getByText("We'll show you the bank details for your transfer.").waitFor();
  const place = await review(page);
  await inspectAll('transfer-review');
  await place.click();
  await page.waitForURL(/\/checkout\/transfer\?payment=/);
  await page.getByRole('heading', { level: 1, name: /^Please transfer/ }).waitFor();
  await inspectAll('transfer');
  const copies = page.getByRole('button', { name: 'Copied the reference' }).waitFor();
  await page.getByRole('button', { name: 'Copy the reference' }).click();
  await copies;
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  await page.locator('dd', { hasText: copied }).waitFor();

  begin('another tab finds it, and the order is placed once the transfer arrives');
  const url = page.url();
  const payment = new URL(url).searchParams.get('payment');
  const other = await page.context().newPage();
  await other.goto(new URL('/cart', baseUrl).href);
  await other.getByRole('link', { name: 'View the bank details' }).click();
  await other.waitForURL(url);
  await other.close();

  begin('the cart is free for another order while the transfer is waited for');
  await page.goto(new URL('/products/pour-over-kettle', baseUrl).href);
  await page.getByRole('button', { name: 'Add to cart', exact: true }).click();
  await page.getByRole('region', { name: 'Message' }).getByText('was added to your cart').waitFor();
  await page.goto(new URL('/checkout', baseUrl).href);
  await page.getByRole('complementary', { name: 'Order summary' }).getByText('1 ×').waitFor();
  await page.goto(new URL('/cart', baseUrl).href);
  await page.getByRole('button', { name: /^Remove/ }).first().click();
  await page.getByRole('link', { name: 'View the bank details' }).click();
  await page.waitForURL(url);
  const open = await page.evaluate(async (id) => (await fetch(`/api/v1/payments/${id}`)).json(), payment);
  expect(open.status === 'action_required', `a pending transfer is ${open.status}`);
  await staff.recordTransfer(payment, open.amount);
  await waitForOrder(page);
  return true;
}

/** A bank transfer that is cancelled; skipped where the shop does not offer transfers. */
export async function cancelledTransfer({ page, baseUrl, begin, inspectAll, allow, expect }) {
  const method = await transferOf(baseUrl);
  if (!method) return;
  begin('a transfer is cancelled only after a confirmation');
  await goToPayment(page, baseUrl);
  await page.getByRole('radio', { name: method.label }).check();
  await (await review(page)).click();
  await page.waitForURL(/\/checkout\/transfer\?payment=/);
  const transferUrl = page.url();
  const other = page.getByRole('button', { name: 'Use a different payment method', exact: true });
  await other.focus();
  await page.keyboard.press('Enter');
  const confirmation = page.getByRole('group', { name: 'Pay another way?' });
  await confirmation.getByText("Don't do this if you've already sent the transfer.").waitFor();
  expect(await hasFocus(confirmation), 'the focus did not move to the confirmation');
  await inspectAll('transfer-cancelling');
  await page.keyboard.press('Escape');
  await other.waitFor();
  expect(await hasFocus(other), 'the focus did not return from the confirmation');
  await other.click();
  await confirmation.getByRole('button', { name: 'Keep bank transfer' }).click();
  expect(await hasFocus(other), 'the focus did not return from the button');

  begin('a lost response is retried, and the order is kept');
  let requests = 0;
  await page.route('**/abandon', async (route) => {
    requests += 1;
    // The request arrives and its response is lost.
    if (requests > 1) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await other.click();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/checkout(\?payment=[^&]+)?$/);
  await page.getByText('You cancelled the payment.').waitFor();
  await page.unroute('**/abandon');
  allow('net::ERR_FAILED');
  expect(requests === 2, `the transfer was cancelled ${requests} times`);
  await inspectAll('transfer-cancelled');

  begin('its URL leads to the checkout now, and the order is paid by card');
  await page.goto(transferUrl);
  await page.waitForURL(/\/checkout(\?payment=[^&]+)?$/);
  await page.getByText('You cancelled the payment.').waitFor();
  await enterCard(page, 'AUTHORISED');
  await (await review(page)).click();
  await waitForOrder(page);
}
