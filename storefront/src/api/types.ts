// The wire types of the public API, by hand after crates/contracts until docs/openapi.json is
// there. Then `npm run generate` writes schema.d.ts, and each type here becomes
// `components['schemas'][...]`: the rest of the storefront imports from this file only.

export interface Money {
  amount: number;
  currency: string;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Items<T> {
  items: T[];
}

export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail?: string;
  errors?: { pointer: string; detail: string }[];
  [extra: string]: unknown;
}

// ---- user

export interface Account {
  id: string;
  email: string;
  name: string;
  roles: string[];
  created_at: string;
  version: number;
}

export interface Session {
  account: Account;
  expires_in: number;
}

export interface Address {
  name: string;
  line1: string;
  line2?: string | null;
  city: string;
  region?: string | null;
  postal_code: string;
  country: string;
  phone?: string | null;
}

export type SavedAddress = Address & { id: string };

export interface BrowserSession {
  id: string;
  created_at: string;
  last_used_at: string;
  user_agent: string;
  current: boolean;
}

// ---- catalogue

export interface Shop {
  name: string;
  currency: string;
  locale: string;
  country: string;
  prices_include_tax: boolean;
  demo: boolean;
}

export interface Category {
  handle: string;
  name: string;
  description: string;
  product_count: number;
}

export interface Picture {
  url: string;
  alt: string;
}

export interface ProductCard {
  id: string;
  handle: string;
  title: string;
  vendor: string;
  category: string | null;
  picture: Picture | null;
  price: Money;
  price_max: Money;
  compare_at_price: Money | null;
  available: boolean;
  variant_count: number;
  sku: string | null;
}

export interface FacetValue {
  value: string;
  label: string;
  count: number;
}

export interface Facets {
  categories: FacetValue[];
  vendors: FacetValue[];
  tags: FacetValue[];
  price: { min: Money; max: Money } | null;
  in_stock: number;
}

export interface ProductList extends Page<ProductCard> {
  /** On the first page only, like the facets. */
  count: { value: number; capped: boolean } | null;
  facets: Facets | null;
  corrected_query: string | null;
}

export interface Suggestion {
  kind: 'product' | 'category';
  text: string;
  handle: string;
  picture: Picture | null;
}

export type Availability = 'in_stock' | 'low' | 'out_of_stock' | 'backorder';

export interface Variant {
  sku: string;
  option_values: string[];
  price: Money;
  compare_at_price: Money | null;
  weight_grams: number;
  availability: Availability;
  available_quantity: number | null;
  picture: number | null;
}

export interface ProductOption {
  name: string;
  values: string[];
}

export interface Product {
  id: string;
  handle: string;
  version: number;
  status: string;
  title: string;
  description_html: string;
  vendor: string;
  category: string | null;
  tags: string[];
  options: ProductOption[];
  variants: Variant[];
  pictures: Picture[];
  tax_class: string;
  created_at: string;
  updated_at: string;
}

// ---- ratings

export interface Rating {
  product_id: string;
  average: string | null;
  count: number;
}

export interface Review {
  id: string;
  author: string;
  score: number;
  title: string;
  body: string;
  verified: boolean;
  helpful: number;
  created_at: string;
  mine: boolean;
  state: 'published' | 'pending' | 'rejected';
}

export interface ReviewDraft {
  score: number;
  title: string;
  body: string;
  /** What the author wants to be called. */
  author: string;
}

export interface ReviewList extends Page<Review> {
  summary: { average: string | null; count: number; histogram: number[] };
}

// ---- cart

export interface CartLine {
  sku: string;
  product_id: string;
  handle: string;
  title: string;
  option_values: string[];
  picture: Picture | null;
  quantity: number;
  unit_price: Money;
  compare_at_price: Money | null;
  subtotal: Money;
  discount: Money;
  tax: Money;
  total: Money;
  /** For people: "19%". */
  tax_label: string;
  weight_grams: number;
  available: boolean;
  max_quantity: number | null;
}

export interface Place {
  id: number;
  name: string;
  /** Empty where there is none. */
  region: string;
  country: string;
}

export interface DayRange {
  min: number;
  max: number;
}

export interface CartShipping {
  quote_id: string;
  option: string;
  label: string;
  price: Money;
  discount: Money;
  tax: Money;
  total: Money;
  place: Place;
  expires_at: string;
  estimated_days: DayRange;
}

export interface Promotion {
  code: string;
  description: string;
  applies: boolean;
  reason: string | null;
}

export interface Totals {
  subtotal: Money;
  discount: Money;
  shipping: Money;
  tax: Money;
  total: Money;
  tax_included: boolean;
}

export interface CartChange {
  kind: 'price_changed' | 'unavailable' | 'quantity_reduced' | 'promotion_dropped' | 'shipping_dropped';
  sku: string | null;
  message: string;
}

export interface Cart {
  id: string | null;
  version: number;
  currency: string;
  lines: CartLine[];
  promotion: Promotion | null;
  shipping: CartShipping | null;
  totals: Totals;
  changes: CartChange[];
  item_count: number;
}

export interface QuoteOption {
  option: string;
  label: string;
  price: Money;
  estimated_days: DayRange;
}

export interface Quote {
  quote_id: string;
  place: Place;
  expires_at: string;
  options: QuoteOption[];
}

// ---- shipping

export interface Country {
  code: string;
  name: string;
}

// ---- payment

export interface PaymentMethod {
  method: string;
  label: string;
  gateway: string;
  session_url: string | null;
}

export interface CardFields {
  card_holder_name: string;
  card_number: string;
  expiry_month: number;
  expiry_year: number;
  cvc: string;
}

export type PaymentStatus = 'processing' | 'action_required' | 'refused' | 'authorised' | 'closed' | 'voided';

export interface PaymentAction {
  type: 'redirect';
  url: string;
}

export interface Refusal {
  code: string;
  reason: string;
}

export interface PaymentSource {
  method: string;
  session: string | null;
}

export interface CheckoutRequest {
  email: string;
  address: Address;
  /** Null when there is nothing to pay. */
  payment: PaymentSource | null;
  expected_total: Money;
}

export interface Payment {
  id: string;
  order_id: string;
  order_number: string;
  status: PaymentStatus;
  action: PaymentAction | null;
  refusal: Refusal | null;
  amount: Money;
  captured: Money;
  refunded: Money;
  expires_at: string;
}

export interface CheckoutAnswer {
  order_id: string;
  order_number: string;
  /** Opens the order without a session. */
  order_token: string;
  payment: Payment;
}

// ---- dispatch

export type OrderStatus =
  | 'received' | 'confirmed' | 'shipped' | 'delivered' | 'cancelling' | 'cancelled' | 'attention';

export interface OrderSummary {
  id: string;
  number: string;
  status: OrderStatus;
  placed_at: string;
  total: Money;
  item_count: number;
}

export interface Shipment {
  id: string;
  number: string;
  carrier: string;
  status: ShipmentStatus;
}

export type ShipmentStatus = 'announced' | 'in_transit' | 'out_for_delivery' | 'delivered' | 'cancelled';

export interface TimelineEntry {
  /** Its place, from 1. */
  number: number;
  at: string;
  kind: string;
  text: string;
  /** The order's status from then on. */
  status: OrderStatus;
}

export interface Order {
  id: string;
  number: string;
  status: OrderStatus;
  placed_at: string;
  email: string;
  address: Address;
  lines: CartLine[];
  totals: Totals;
  shipping: { label: string; place: string; price: Money };
  shipments: Shipment[];
  payment: { captured: Money; refunded: Money };
  receipt_number: string | null;
  can_cancel: boolean;
  timeline: TimelineEntry[];
}

export interface Tracking {
  number: string;
  carrier: string;
  status: ShipmentStatus;
  /** The latest first. */
  events: { at: string; status: ShipmentStatus; place: string; text: string }[];
  estimated_delivery: string;
}
