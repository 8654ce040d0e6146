// Orders that are not wanted after all: one is cancelled, something of a delivered one goes back.

/** Cancels the order on the screen before its parcel leaves. */
export async function callOff({ page, begin, inspectAll }) {
  begin('an order is cancelled, and what was charged is given back');
  await page.getByRole('button', { name: 'Cancel this order' }).click();
  await page.getByLabel('Why').fill('Two kettles are enough.');
  await page.getByRole('button', { name: 'Yes, cancel it' }).click();
  await page.locator('[data-testid="order-status"]', { hasText: 'cancelled' }).waitFor({ timeout: 120_000, state: 'attached' });
  await page.getByRole('heading', { level: 1, name: 'Your order is cancelled.' }).waitFor();
  await inspectAll('cancelled');
}

export async function giveBack({ page, orderUrl, begin, inspectAll, forgive, staff, expect }) {
  begin('the parcel is delivered');
  await page.goto(orderUrl);
  await page.locator('[data-testid="order-status"]', { hasText: 'delivered' }).waitFor({ timeout: 600_000, state: 'attached' });

  begin('a return that says nothing is told what is missing');
  await page.getByRole('button', { name: 'Return something' }).click();
  await page.getByRole('heading', { name: 'Return something' }).waitFor();
  const reason = page.getByLabel('Why do you return it?');
  await page.getByRole('button', { name: 'Ask for the return' }).click();
  await page.getByRole('link', { name: 'Tell us why you return it.' }).click();
  expect(await reason.evaluate((field) => field === document.activeElement), 'the summary does not lead to its field');
  await inspectAll('return-form');

  begin('a lost answer is asked for again under the same key');
  const keys = [];
  await page.route('**/returns?**', async (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    // It arrives, and its answer does not.
    if (keys.length > 1) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await reason.fill('It whistles out of tune.');
  await page.getByRole('button', { name: 'Ask for the return' }).click();
  const item = page.getByRole('listitem').filter({ hasText: 'Return 1' });
  await item.getByText('Asked for', { exact: true }).waitFor();
  await page.unroute('**/returns?**');
  forgive('net::ERR_FAILED');
  expect(keys.length === 2 && keys[0] === keys[1], `keys of one press: ${keys.join(', ')}`);
  expect(await page.getByText(/^Return \d+$/).count() === 1, 'one press made several returns');
  await inspectAll('return-asked');

  begin('it comes in, and the money is given back');
  const { pathname, search } = new URL(orderUrl);
  const order = await page.evaluate(async (path) => (await fetch(path)).json(), `/api/v1${pathname}${search}`);
  await staff.returnArrived(order.id, 1, order.returns[0].lines);
  await item.getByText(/^Given back:/).waitFor({ timeout: 120_000 });
  await inspectAll('return-done');
}
