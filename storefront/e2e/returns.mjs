// Withdraws from one order, cancels another one and returns items of a delivered one.

/** Withdraws from the contract of the order on the screen, before its parcel leaves. */
export async function withdraw({ page, begin, inspectAll }) {
  begin('a consumer withdraws from the contract in two steps');
  await page.getByRole('button', { name: 'Withdraw from contract here', exact: true }).click();
  await page.getByRole('radio', { name: 'The whole order' }).waitFor();
  await inspectAll('withdrawal');
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await page.getByRole('heading', { name: 'Confirm your withdrawal' }).waitFor();
  await inspectAll('withdrawal-confirmation');
  await page.getByRole('button', { name: 'Confirm withdrawal', exact: true }).click();
  await page.getByRole('status').getByText("We've received your withdrawal.").waitFor();
  await page.locator('[data-testid="order-status"]', { hasText: 'cancelled' }).waitFor({ timeout: 120_000, state: 'attached' });
  await inspectAll('withdrawn');
}

/** Cancels the order on the screen before its parcel leaves. */
export async function cancelOrder({ page, begin, inspectAll }) {
  begin('an order is cancelled and its payment refunded');
  await page.getByRole('button', { name: 'Cancel order', exact: true }).click();
  await page.getByLabel('Reason').fill('Two kettles are enough.');
  await page.getByRole('button', { name: 'Yes, cancel order' }).click();
  await page.locator('[data-testid="order-status"]', { hasText: 'cancelled' }).waitFor({ timeout: 120_000, state: 'attached' });
  await page.getByRole('heading', { level: 1, name: 'Your order has been cancelled.' }).waitFor();
  await inspectAll('cancelled');
}

export async function returnItems({ page, orderUrl, begin, inspectAll, allow, staff, expect }) {
  begin('the parcel is delivered');
  await page.goto(orderUrl);
  await page.locator('[data-testid="order-status"]', { hasText: 'delivered' }).waitFor({ timeout: 600_000, state: 'attached' });

  begin('an empty return form shows what is missing');
  await page.getByRole('button', { name: 'Return items' }).click();
  await page.getByRole('heading', { name: 'Return items' }).waitFor();
  const reason = page.getByLabel('Reason for return');
  await page.getByRole('button', { name: 'Request return' }).click();
  await page.getByRole('link', { name: 'Enter a reason for the return.' }).click();
  expect(await reason.evaluate((field) => field === document.activeElement), 'the error summary does not focus its field');
  await inspectAll('return-form');

  begin('a lost response is retried under the same key');
  const keys = [];
  await page.route('**/returns?**', async (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    // The request arrives and its response is lost.
    if (keys.length > 1) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await reason.fill('It whistles out of tune.');
  await page.getByRole('button', { name: 'Request return' }).click();
  const item = page.getByRole('listitem').filter({ hasText: 'Return 1' });
  await item.getByText('Requested', { exact: true }).waitFor();
  await page.unroute('**/returns?**');
  allow('net::ERR_FAILED');
  expect(keys.length === 2 && keys[0] === keys[1], `keys of one click: ${keys.join(', ')}`);
  expect(await page.getByText(/^Return \d+$/).count() === 1, 'one click made several returns');
  await inspectAll('return-requested');

  begin('the return arrives and is refunded');
  const { pathname, search } = new URL(orderUrl);
  const order = await page.evaluate(async (path) => (await fetch(path)).json(), `/api/v1${pathname}${search}`);
  await staff.receiveReturn(order.id, 1, order.returns[0].lines);
  await item.getByText(/^Refunded:/).waitFor({ timeout: 120_000 });
  await inspectAll('return-done');
}
