// The steps in the admin that several scripts take, with the keyboard alone. Each inspects the dialogs that it opens.

export function adminPages(page, { press, type, tabTo, focusedName }, inspectAll) {
  const heading = (name) => page.getByRole('heading', { level: 1, name }).waitFor();
  const message = (text) => page.getByRole('region', { name: 'Message' }).getByText(text).waitFor();
  const returnView = (number) => page.getByRole('heading', { level: 3, name: `Return ${number}` }).locator('xpath=../..');
  return {
    heading,
    message,
    returnView,

    /** Finds an order by its number or the customer's email, and opens it. */
    async openOrder(term, number) {
      await press('g', 'o');
      await heading('Orders');
      await press('/');
      const field = await focusedName();
      if (!field.startsWith('Search')) throw new Error(`The slash leads to "${field}" and not to the search`);
      await type(term);
      await page.waitForURL(/q=/);
      await page.getByRole('rowheader', { name: number }).waitFor();
      await inspectAll('orders');
      await tabTo(number);
      await press('Enter');
      await heading(`Order ${number}`);
      await page.getByRole('article', { name: 'Shipment 1' }).waitFor();
      await inspectAll('order');
    },

    /** Finds a SKU by its beginning, and opens it from the list of stock. */
    async openSku(sku) {
      await press('/');
      await type(sku);
      await page.waitForURL(/q=/);
      await page.getByRole('rowheader', { name: sku, exact: true }).waitFor();
      await tabTo(sku);
      await press('Enter');
      await heading(sku);
    },

    /** Splits one unit of the first item off the shipment of the order on the screen. */
    async split() {
      await tabTo('Split shipment 1');
      await press('Enter');
      await page.getByRole('dialog', { name: 'Split shipment 1' }).waitFor();
      await inspectAll('split');
      // The focus is in the first field, the units of the first item.
      await press('ArrowUp', 'Enter');
      await page.getByRole('article', { name: 'Shipment 2' }).waitFor();
    },

    /** Packs a shipment of the order on the screen, and ships it. */
    async ship(number) {
      await tabTo(`Mark as packed: shipment ${number}`);
      await press('Enter');
      const shipment = page.getByRole('article', { name: `Shipment ${number}` });
      await shipment.getByText('To ship').waitFor();
      await tabTo(`Ship shipment ${number}`);
      await press('Enter');
      await page.getByRole('dialog', { name: `Ship shipment ${number}` }).waitFor();
      await type('DHL');
      await tabTo('Tracking number');
      await type(`0034043416${number}`);
      await press('Enter');
      await shipment.getByText('Shipped').waitFor();
      await shipment.getByText(`DHL, 0034043416${number}`).waitFor();
    },

    /** Refunds one unit of an item of the order on the screen. */
    async refundUnit(number, item, reason) {
      await tabTo('Refund');
      await press('Enter');
      await page.getByRole('dialog', { name: `Refund order ${number}` }).waitFor();
      await inspectAll('refund');
      await tabTo(item);
      await press('ArrowUp');
      await tabTo('Reason');
      await type(reason);
      await press('Enter');
      await message('The refund is being made.');
    },

    /** Receives the items of a withdrawal, and waits until they are refunded. */
    async receiveWithdrawal(number) {
      await returnView(number).getByText('The customer withdrew from the contract').waitFor();
      await tabTo(`Receive return ${number}`);
      await press('Enter');
      await page.getByRole('dialog', { name: `Receive return ${number}` }).waitFor();
      await inspectAll('receive');
      await tabTo('Receive and refund');
      await press('Enter');
      await message('The return is recorded, and the refund is being made.');
      // The refund is made in the background, which tries again after a pause when the gateway or the payment is busy.
      await returnView(number).getByText('Refunded', { exact: true }).waitFor({ timeout: 60_000 });
    },
  };
}
