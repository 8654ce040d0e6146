// The steps of a customer, through the API.

const ADDRESS = { name: 'Greta Green', line1: 'Unter den Linden 77', postal_code: '10117', city: 'Berlin', country: 'DE' };
const CARD = { card_number: '4444333322221111', card_holder_name: 'AUTHORISED', expiry_month: 12, expiry_year: 2030, cvc: '123' };

/**
 * Places an order as a guest, with a sandbox card. `lines` has quantities by SKU, and `holder` is the name on the card, which
 * decides what happens to the payment. Returns the order's number, and a function that withdraws from a part of it.
 */
export async function placeOrder(baseUrl, email, lines, holder = CARD.card_holder_name) {
  let token = '';
  const send = async (method, path, body) => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() };
    if (token) headers.authorization = `Bearer ${token}`;
    const request = { method, headers, body: JSON.stringify(body) };
    const response = await fetch(new URL(path, baseUrl), request);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  ({ access_token: token } = await send('POST', '/api/v1/auth/guest', { session: 'token' }));
  for (const [sku, quantity] of Object.entries(lines)) await send('POST', '/api/v1/cart/lines', { sku, quantity });
  const { country, city, postal_code: postalCode } = ADDRESS;
  const quote = await send('POST', '/api/v1/cart/quotes', { address: { country, city, postal_code: postalCode } });
  const cart = await send('PUT', '/api/v1/cart/shipping', { quote_id: quote.quote_id, option: quote.options[0].option });
  const { session } = await send('POST', '/api/v1/sandbox/sessions', { ...CARD, card_holder_name: holder });
  const { order_number: number, order_id: id } = await send('POST', '/api/v1/checkout', {
    address: ADDRESS,
    email,
    expected_total: cart.totals.total,
    payment: { method: 'card', gateway: 'sandbox', session },
  });
  return {
    number,
    withdraw: (sku, quantity) => send('POST', `/api/v1/orders/${id}/withdrawals`, { lines: [{ sku, quantity }] }),
  };
}
