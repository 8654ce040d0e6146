import type { Availability, Category, ContentPage, Facets, Money, Product, ProductCard, ProductList, Shop, Storefront, Variant } from '../api/types';
import { canonicalPath } from '../api/path';
import { LANGUAGES, type Language } from '../messages/language';
import type { Visit } from './render';

/** Pages in the states that their first views can have. The server's tests compare what it renders with them. */
const shop: Shop = { name: 'Field & House', currency: 'USD', locale: 'en-US', country: 'US', prices_include_tax: false, demo: true };
const germanShop: Shop = { name: 'Nordlicht', currency: 'EUR', locale: 'de-DE', country: 'DE', prices_include_tax: true, demo: false };

const kitchen: Category = { handle: 'kitchen', name: 'Kitchen & table', description: 'For the <table>.', product_count: 3 };
const garden: Category = { handle: 'jardin été', name: "L'été", description: '', product_count: 1 };
const empty: Category = { handle: 'empty', name: 'Empty', description: '', product_count: 0 };
const categories = { items: [kitchen, garden, empty] };

const plainStorefront: Storefront = { version: 0, logo: null, accent: null, home: {}, header_menu: [], footer_menu: [], pages: [], missing_pages: [] };
const ownStorefront: Storefront = {
  ...plainStorefront,
  version: 3,
  logo: { url: '/media/logo.webp', alt: 'Logo' },
  home: { de: { title: 'Tassen für ruhige "Morgen"', lead: 'Gedreht in Kiel.' }, fr: { title: "L'été à table", lead: '' } },
  header_menu: [
    { labels: {}, target: { kind: 'products' } },
    { labels: { en: 'Cooking', de: 'Kochen' }, target: { kind: 'category', handle: 'kitchen' } },
    { labels: {}, target: { kind: 'category', handle: 'unknown' } },
    { labels: {}, target: { kind: 'page', handle: 'about us' } },
    { labels: { fr: 'Ailleurs' }, target: { kind: 'link', url: 'https://example.com/?a=1&b=2' } },
    { labels: { en: 'Feed' }, target: { kind: 'link', url: '/feeds/products.xml' } },
    { labels: { en: 'Nowhere' }, target: { kind: 'link', url: '//example.com' } },
    { labels: { en: 'Mugs' }, target: { kind: 'link', url: '/search?q=mug' } },
  ],
  footer_menu: [
    { titles: { de: 'Über uns' }, items: [{ labels: {}, target: { kind: 'page', handle: 'imprint' } }] },
    { titles: { en: 'Nothing' }, items: [{ labels: {}, target: { kind: 'page', handle: 'gone' } }] },
  ],
  pages: [
    { handle: 'imprint', legal: 'imprint', titles: { de: 'Impressum', fr: 'Mentions légales' }, updated_at: '2026-11-28T10:00:00Z' },
    { handle: 'about us', legal: null, titles: { en: 'About us' }, updated_at: '2026-11-28T10:00:00Z' },
    { handle: 'care', legal: null, titles: {}, updated_at: '2026-11-28T10:00:00Z' },
  ],
};

const usd = (amount: number): Money => ({ amount, currency: 'USD' });
const eur = (amount: number): Money => ({ amount, currency: 'EUR' });
const idOf = (number: number) => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;

function card(number: number, changes: Partial<ProductCard> = {}): ProductCard {
  return {
    id: idOf(number), handle: `product-${number}`, title: `Product "${number}"`, vendor: 'Norden & Co', category: 'kitchen',
    image: { url: `/media/${number}.webp`, alt: '' }, price: usd(number * 123_456), price_max: usd(number * 123_456),
    compare_at_price: null, prior_price: null, available: true, variant_count: 1, sku: `SKU/${number}`, ...changes,
  };
}

const facets: Facets = {
  categories: [{ value: 'kitchen', label: 'Kitchen & table', count: 3 }, { value: 'jardin été', label: "L'été", count: 1 }],
  vendors: Array.from({ length: 9 }, (_, index) => ({ value: `Vendor ${index}`, label: `Vendor ${index}`, count: index })),
  tags: [{ value: 'new', label: 'New', count: 1 }],
  price: { min: usd(900), max: usd(129_950) },
  in_stock: 3,
};

const cards = [
  card(1),
  card(2, { compare_at_price: usd(300_000), price_max: usd(260_000), sku: null, variant_count: 3 }),
  card(3, { available: false, compare_at_price: usd(900_000), image: null, vendor: '' }),
  card(4, { prior_price: usd(500_000), compare_at_price: usd(600_000), category: 'jardin été', handle: "l'été/1" }),
];

function list(items: ProductCard[], changes: Partial<ProductList> = {}): ProductList {
  return { items, next_cursor: null, count: { value: items.length, capped: false }, facets, corrected_query: null, is_partial_match: false, ...changes };
}

const nothing = list([], { facets: { categories: [], vendors: [], tags: [], price: null, in_stock: 0 } });

function variant(sku: string, values: string[], availability: Availability, changes: Partial<Variant> = {}): Variant {
  return {
    sku, option_values: values, price: usd(1250), compare_at_price: null, prior_price: null, weight_grams: 350, availability,
    available_quantity: null, image: null, barcode: null, unit_measure: null, unit_price: null, requires_shipping: true, ...changes,
  };
}

const mug: Product = {
  id: idOf(1), handle: 'mug', version: 1, status: 'active', title: 'Mug "Fjord"', description_html: '<p>A mug for <b>tea</b> &amp; coffee.</p>',
  vendor: 'Norden & Co', category: 'kitchen', tags: [], options: [], variants: [variant('MUG-1', [], 'in_stock')],
  images: [{ url: '/media/1.webp', alt: "A mug, it's blue" }], tax_class: 'standard', seo_title: null, seo_description: '',
  standard_category: null, google_category: null, withdrawal_exception: null, safety: null,
  created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z',
};

const tea: Product = {
  ...mug,
  id: idOf(2), handle: 'tea', title: 'Tea', category: 'gone', description_html: '', tags: ['green tea', 'new'],
  options: [{ name: 'Farbe', values: ['Matt grün', 'Weiß', 'Unknown'] }, { name: 'Pack', values: ['250 g', '1 kg'] }],
  variants: [
    variant('TEA/1', ['Matt grün', '250 g'], 'out_of_stock', { price: eur(1000) }),
    variant('TEA/2', ['Weiß', '250 g'], 'low', {
      price: eur(120_000), compare_at_price: eur(200_000), prior_price: eur(150_000), weight_grams: 1255, available_quantity: 3, image: 1,
      barcode: '4006381333931', unit_measure: { content: '250 g', per: '1 kg' }, unit_price: { price: eur(4000), per: '1 kg' },
    } as Partial<Variant>),
    variant('TEA/3', ['Weiß', '1 kg'], 'backorder', { price: eur(5), requires_shipping: false, weight_grams: 0 }),
  ],
  images: [{ url: '/media/1.webp', alt: '' }, { url: '/media/2.webp', alt: 'Two & more' }],
  withdrawal_exception: 'sealed_hygiene',
  safety: { manufacturer: { name: 'Norden', address: 'York', contact: 'https://norden.example' }, warnings: 'Hot.' } as Product['safety'],
};

const about: ContentPage = {
  handle: 'about us', legal: null, version: 1, updated_at: '2026-11-28T10:00:00Z',
  texts: { en: { title: 'About <us>', body_html: '<p>Since <em>1998</em>.</p>' } },
};

type Pages = Omit<Visit, 'language'>[];

function pagesOf(queries: Record<string, unknown>, lists: ProductCard[]): Pages {
  const first = '/api/v1/products?limit=24&sort=newest';
  const tiled = Array.from({ length: 16 }, (_, index) => card(index + 10, { category: index % 2 ? 'kitchen' : 'garden', compare_at_price: usd(90_000_000) }));
  return [
    { path: '/', queries: { ...queries, [first]: list(lists) } },
    { path: '/', queries: { ...queries, [first]: list(tiled) } },
    { path: '/', queries },
    { path: '/products', queries: { ...queries, [first]: list(lists, { next_cursor: 'abc', count: { value: 1000, capped: true } }) } },
    { path: '/products', queries },
    {
      path: '/products?category=kitchen&in_stock=true&max_price=5000&min_price=100&sort=-price&tag=new&tag=old&vendor=Vendor+8',
      queries: { ...queries, '/api/v1/products?category=kitchen&in_stock=true&limit=24&max_price=5000&min_price=100&sort=-price&tag=new&tag=old&vendor=Vendor+8': list(lists) },
    },
    { path: '/products?max_price=5000', queries: { ...queries, '/api/v1/products?limit=24&max_price=5000&sort=newest': nothing } },
    { path: '/categories/kitchen', queries: { ...queries, '/api/v1/products?category=kitchen&limit=24&sort=newest': list(lists.slice(0, 1)) } },
    { path: '/categories/empty?min_price=5', queries: { ...queries, '/api/v1/products?category=empty&limit=24&min_price=5&sort=newest': nothing } },
    { path: '/categories/empty', queries: { ...queries, '/api/v1/products?category=empty&limit=24&sort=newest': nothing } },
    { path: '/categories/unknown', queries: { ...queries, '/api/v1/products?category=unknown&limit=24&sort=newest': nothing } },
    { path: '/search?q=%22mug%22+%26+tea', queries: { ...queries, '/api/v1/products?limit=24&q=%22mug%22+%26+tea&sort=relevance': list(lists, { corrected_query: 'mug <tea>' }) } },
    { path: '/search?q=mug+tea', queries: { ...queries, '/api/v1/products?limit=24&q=mug+tea&sort=relevance': list(lists, { is_partial_match: true }) } },
    { path: '/search?q=zzz', queries: { ...queries, '/api/v1/products?limit=24&q=zzz&sort=relevance': nothing } },
    { path: '/search', queries: { ...queries, [first]: list(lists) } },
    { path: '/products/mug', queries: { ...queries, '/api/v1/products/mug': mug } },
    { path: '/products/tea', queries: { ...queries, '/api/v1/products/tea': tea } },
    { path: '/products/tea?variant=TEA%2F3', queries: { ...queries, '/api/v1/products/tea': tea } },
    { path: '/products/tea?variant=TEA%2F1', queries: { ...queries, '/api/v1/products/tea': tea } },
    { path: '/products/unknown', queries, missing: ['/api/v1/products/unknown'] },
    { path: '/pages/about%20us', queries: { ...queries, '/api/v1/pages/about%20us': about } },
    { path: '/pages/unknown', queries, missing: ['/api/v1/pages/unknown'] },
    { path: '/nowhere?a=b', queries },
    { path: '/cart', queries },
    { path: '/login?next=%2Forders%2F1', queries },
    { path: '/checkout', queries },
    { path: '/checkout/transfer', queries },
    { path: '/orders/1?token=a%20b', queries },
    { path: '/orders/find', queries },
    { path: '/register', queries },
    { path: '/account', queries },
  ];
}

const shared = (storefront: Storefront, of: Shop) => ({ '/api/v1/categories': categories, '/api/v1/shop': of, '/api/v1/storefront': storefront });

export const EXAMPLES: Visit[] = LANGUAGES.flatMap((language) => [
  ...pagesOf(shared(plainStorefront, shop), cards),
  ...pagesOf(shared(ownStorefront, germanShop), cards.slice(0, 2)),
  // The catalogue is unavailable.
  ...['/', '/products', '/categories/kitchen', '/products/mug', '/pages/about', '/checkout/return?payment=1'].map((path) => ({ path, queries: {} })),
].map((visit) => inLanguage(visit, language)));

/** Names the language in the paths of what the catalogue translates. */
function inLanguage({ path, queries, missing }: Omit<Visit, 'language'>, language: Language): Visit {
  const named = (of: string) => (/^\/api\/v1\/(?:products|categories)/.test(of) ? canonicalPath(`${of}${of.includes('?') ? '&' : '?'}language=${language}`) : of);
  return {
    language,
    path,
    queries: Object.fromEntries(Object.entries(queries).map(([of, body]) => [named(of), body])),
    ...(missing && { missing: missing.map(named) }),
  };
}
