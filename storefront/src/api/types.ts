// The API's types under the names that the storefront uses. They are generated from the OpenAPI
// document (`npm run generate`), so the compiler reports what an API change breaks here.
import type { components } from './schema';

type Schemas = components['schemas'];

export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

export interface Items<T> {
  items: T[];
}

/** RFC 9457 problem details, with the extra members of each problem type. */
export type ProblemBody = Pick<Schemas['Problem'], 'type' | 'title' | 'status'> & {
  detail?: string;
  errors?: Schemas['FieldError'][];
  [extra: string]: unknown;
};

export type Money = Schemas['Money'];

// user
export type Account = Schemas['Account'];
export type Address = Schemas['Address'];
export type AddressField = Schemas['AddressField'];
export type AddressRules = Schemas['AddressRules'];
export type BrowserSession = Schemas['DeviceSession'];
export type SavedAddress = Schemas['SavedAddress'];
export type Session = Schemas['Session'];

// catalogue
export type Availability = Schemas['Availability'];
export type Category = Schemas['CategoryView'];
export type Facets = Schemas['Facets'];
export type FacetValue = Schemas['FacetValue'];
export type EconomicOperator = Schemas['EconomicOperator'];
export type ProductImage = Schemas['Image'];
export type Product = Schemas['ProductView'];
export type ProductCard = Schemas['ProductCard'];
export type ProductList = Schemas['ProductPage'];
export type ProductSafety = Schemas['ProductSafety'];
export type Shop = Schemas['Shop'];
export type Suggestion = Schemas['Suggestion'];
export type Variant = Schemas['VariantView'];

// the merchant's pages, menus and looks
export type ContentPage = Schemas['Page'];
export type HomeText = Schemas['HomeText'];
export type LegalPage = Schemas['LegalPage'];
export type MenuGroup = Schemas['MenuGroup'];
export type MenuItem = Schemas['MenuItem'];
export type MenuTarget = Schemas['MenuTarget'];
export type PageSummary = Schemas['PageSummary'];
export type Storefront = Schemas['Storefront'];

// ratings
export type Rating = Schemas['Rating'];
export type Review = Schemas['ReviewView'];
export type ReviewDraft = Schemas['ReviewDraft'];
export type ReviewList = Schemas['ReviewPage'];

// cart and shipping
export type Cart = Schemas['CartView'];
export type CartChange = Schemas['CartChange'];
export type CartLine = Schemas['CartLine'];
export type Country = Schemas['CountryView'];
export type Destination = Schemas['Destination'];
export type Place = Schemas['PlaceView'];
export type Promotion = Schemas['CartPromotion'];
export type Quote = Schemas['Quote'];
export type ShipmentStatus = Schemas['ShipmentStatus'];
export type Totals = Schemas['Totals'];
export type Tracking = Schemas['Tracking'];

// payment
export type CardFields = Schemas['CardDetails'];
export type CheckoutResponse = Schemas['CheckoutResponse'];
export type CheckoutRequest = Schemas['CheckoutRequest'];
export type ConfirmRequest = Schemas['ConfirmRequest'];
export type Payment = Schemas['PaymentView'];
export type PaymentAction = Schemas['PaymentAction'];
export type PaymentMethod = Schemas['PaymentMethod'];
export type PaymentEntry = PaymentMethod['entry']['type'];
export type PaymentSource = Schemas['PaymentChoice'];
export type PaymentStatus = Schemas['PaymentStatus'];
export type Refusal = Schemas['Refusal'];

// dispatch
export type CancellationRequest = Schemas['CancellationRequest'];
export type Order = Schemas['OrderView'];
export type OrderLinkRequest = Schemas['OrderLinkRequest'];
export type OrderLine = Order['lines'][number];
export type OrderStatus = Schemas['OrderStatus'];
export type OrderReturn = Schemas['ReturnView'];
export type OrderSummary = Schemas['OrderSummary'];
export type ReturnRequest = Schemas['ReturnRequest'];
export type ReturnStatus = Schemas['ReturnStatus'];
export type Shipment = Order['shipments'][number];
export type TimelineData = Schemas['TimelineData'];
export type TimelineEntry = Schemas['TimelineEntry'];
export type TimelineKind = Schemas['TimelineKind'];
export type WithdrawalRequest = Schemas['WithdrawalRequest'];
