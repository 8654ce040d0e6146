// The steps of the shop's staff, through the API.

/** The demo's merchant. Logs in for each step, since access tokens expire soon. */
export function merchant(baseUrl) {
  const send = async (path, body, headers = {}) => {
    const response = await fetch(new URL(path, baseUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const logIn = async () => {
    const credentials = { email: 'merchant@example.com', password: 'orchard-kettle-49', session: 'token' };
    const { access_token: token } = await send('/api/v1/auth/login', credentials);
    return { authorization: `Bearer ${token}` };
  };
  const post = async (path, body) => send(path, body, { ...(await logIn()), 'idempotency-key': crypto.randomUUID() });
  let reader = null;
  return {
    /** Reads something, with one log-in for all of it. */
    async read(path) {
      reader ??= await logIn();
      const response = await fetch(new URL(path, baseUrl), { headers: reader });
      if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
      return response.json();
    },
    receiveStock: (sku, units) => post(`/api/v1/stock/${sku}/adjustments`, { change: units, kind: 'received', note: 'for many checkouts' }),
    recordTransfer: (payment, amount) => post(`/api/v1/payments/${payment}/transfers`, { amount, note: 'on the statement' }),
    receiveReturn: (order, number, lines) => post(`/api/v1/orders/${order}/returns/${number}/receive`, { lines, restock: true }),
  };
}
