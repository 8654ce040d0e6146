// The steps of a checkout.

export async function fillContact(page) {
  await page.getByRole('heading', { level: 1, name: 'Checkout' }).waitFor();
  await page.getByLabel('Email').fill('ada@example.org');
  await page.getByLabel('Country').selectOption({ label: 'Germany' });
  await page.getByLabel('Full name').fill('Ada Lovelace');
  await page.getByLabel('Street address').fill('Unter den Linden 77');
  await page.getByLabel('Postal code').fill('10117');
  await page.getByLabel('Town or city', { exact: true }).fill('Berlin');
}

/** Chooses standard delivery. The place is derived from the address. */
export async function chooseDelivery(page) {
  await page.getByRole('radio', { name: /Standard/ }).check();
}

/** Puts one kettle in the cart and checks out as far as the payment step. */
export async function goToPayment(page, baseUrl) {
  await page.goto(new URL('/products/pour-over-kettle', baseUrl).href);
  await page.getByRole('button', { name: 'Add to cart', exact: true }).click();
  await page.getByRole('region', { name: 'Message' }).getByText('was added to your cart').waitFor();
  await page.goto(new URL('/checkout', baseUrl).href);
  await fillContact(page);
  await page.getByRole('button', { name: 'Continue to delivery' }).click();
  await chooseDelivery(page);
  await page.getByRole('button', { name: 'Continue to payment' }).click();
}

export async function enterCard(page, name) {
  await page.getByLabel('Name on card').fill(name);
  await page.getByLabel('Card number').fill('4444333322221111');
  await page.getByLabel('Expiry date').fill('03/30');
  await page.getByLabel('Security code').fill('737');
}

export async function review(page) {
  await page.getByRole('button', { name: 'Continue to review' }).click();
  const place = page.getByRole('button', { name: /^(Place order and pay$|Pay )/ });
  await place.waitFor();
  return place;
}

export async function waitForOrder(page) {
  await page.waitForURL(/\/orders\/[^?]+\?token=/, { timeout: 30_000 });
  await page.getByText(/^Order .+, placed/).waitFor();
}
