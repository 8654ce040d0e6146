// Data of the longest words that merchants and customers enter, in a running `shopstack up --demo`, through the API.

export const LONG_EMAIL = 'friederike.schwarzenberger@wirtschaftspruefungsgesellschaft.example.com';
export const LONG_NAME = 'Friederike Schwarzenberger-Wohlgemuth';
export const LONG_STREET = 'Bürgermeister-Schwarzenberger-Gedächtnisallee 177';
export const PASSWORD = 'acht blaue Regenschirme';
export const SKU = 'DONAUDAMPFSCHIFFFAHRTSGESELLSCHAFTSKAPITAENSMUETZE-58';

const PRODUCT = {
  title: 'Donaudampfschifffahrtsgesellschaftskapitänsmütze',
  vendor: 'Mützenmanufakturgesellschaft',
  category: 'schutzbekleidung',
  description_html: '<p>Mit Rindslederschweißband und Sturmriemenbefestigungsknöpfen aus der Druckgussproduktionswerkstatt.</p>',
  tags: ['Kapitänsmützensammlerstück'],
  options: [{ name: 'Kopfumfang', values: ['Kindergrößenübergangsausführung', 'Erwachsenengrößenausführung'] }],
  variants: [
    { sku: SKU, option_values: ['Kindergrößenübergangsausführung'], price: 123_456_789, compare_at_price: 234_567_890, stock: 1000, weight_grams: 300 },
    { sku: `${SKU}-2`, option_values: ['Erwachsenengrößenausführung'], price: 123_456_789, stock: 0, weight_grams: 300 },
  ],
};
export const PRODUCT_PATH = '/products/kapitaensmuetze';
export const CATEGORY_PATH = `/categories/${PRODUCT.category}`;

/** Logs in, and returns a function that sends requests with the account's token. */
async function client(baseUrl, path, credentials) {
  const request = async (method, at, body, headers = {}) => {
    const response = await fetch(new URL(at, baseUrl), {
      method,
      headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID(), ...headers },
      ...(body && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${at}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? null : response.json();
  };
  const { access_token: token } = await request('POST', path, { ...credentials, session: 'token' });
  return (method, at, body, headers) => request(method, at, body, { authorization: `Bearer ${token}`, ...headers });
}

/** Adds a product, its category, a promotion, a review, and an account with an address. */
export async function enterLongWords(baseUrl) {
  const staff = await client(baseUrl, '/api/v1/auth/login', { email: 'admin@example.com', password: 'granite-feather-51' });
  await staff('PUT', `/api/v1${CATEGORY_PATH}`, { name: 'Schiffsoffiziersschutzbekleidung', description: 'Berufsbekleidungsausstattung.' });
  await staff('PUT', `/api/v1${PRODUCT_PATH}`, PRODUCT);
  await staff('PUT', '/api/v1/promotions/KAPITAENSMUETZENRABATT', { benefit: { kind: 'percent', rate: 100_000 }, description: 'Schifffahrtsgesellschaftsjubiläumsrabatt', active: true });
  const customer = await client(baseUrl, '/api/v1/auth/register', { email: LONG_EMAIL, name: LONG_NAME, password: PASSWORD });
  await customer('POST', '/api/v1/me/addresses', { name: LONG_NAME, line1: LONG_STREET, postal_code: '10117', city: 'Berlin', country: 'DE' });
  await customer('PUT', `/api/v1${PRODUCT_PATH}/reviews/mine`, {
    author: 'F. Schwarzenberger-Wohlgemuth', score: 5, title: 'Kapitänsmützenqualitätsmaßstab', body: 'Sturmriemenbefestigungsknopflochverstärkung gut verarbeitet.',
  });
}

/** Returns an example of each path of the admin that has a parameter; `orderPath` is that of an order in the shop. */
export async function adminExamples(baseUrl, orderPath) {
  const staff = await client(baseUrl, '/api/v1/auth/login', { email: 'admin@example.com', password: 'granite-feather-51' });
  const id = orderPath.split('/').at(-1);
  const file = 'Handle,Title,Variant SKU,Variant Price\nartikelstammdaten,Artikelstammdatenuebernahmepruefung,ARTIKELSTAMMDATENUEBERNAHME-1,x\n';
  const started = await staff('POST', '/api/v1/imports?file_name=Artikelstammdatenuebernahmepruefung-2026.csv&dry_run=true', file, { 'content-type': 'application/octet-stream' });
  const { items: [customer] } = await staff('GET', `/api/v1/accounts?q=${encodeURIComponent(LONG_EMAIL)}`);
  return {
    '/orders/:id': orderPath,
    '/shipments/:order': `/shipments/${id}`,
    '/shipments/packing-slips': `/shipments/packing-slips?orders=${id}`,
    '/shipments/pick-list': `/shipments/pick-list?orders=${id}`,
    '/products/:handle': PRODUCT_PATH,
    '/imports/:id': `/imports/${started.id}`,
    '/stock/:sku': `/stock/${SKU}`,
    '/promotions/:code': '/promotions/KAPITAENSMUETZENRABATT',
    '/pages/:handle': '/pages/withdrawal',
    '/customers/:id': `/customers/${customer.id}`,
  };
}
