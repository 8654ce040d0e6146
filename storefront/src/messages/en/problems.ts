export const problems = {
  noResponse: "We couldn't reach the shop. Check your connection and try again.",
  unexpected: 'Something went wrong. Please try again.',
  technical: "We're having a technical problem. Please try again.",
  failed: "That didn't work. Please try again.",
  /** The server writes its details in English, and says more than one text per type could. */
  byType: null as Readonly<Record<KnownProblem, string>> | null,

  /** A field error of the server, which may be a predicate whose subject is the field. */
  field: (label: string, detail: string) => `${label} ${detail}`,
  wrongPassword: 'The current password is wrong.',
  weakPassword: 'This password is too common. Choose another.',
  /** The labels of fields by their names in the API. */
  fields: {
    line1: 'Street address',
    line2: 'Apartment, floor, company',
    city: 'Town or city',
    region: 'Region',
    postal_code: 'Postal code',
    country: 'Country',
    phone: 'Phone',
    name: 'Name',
    email: 'Email',
    current: 'Current password',
    new: 'New password',
    password: 'Password',
    card_holder_name: 'Name on card',
    card_number: 'Card number',
    expiry_month: 'Expiry date',
    expiry_year: 'Expiry date',
    cvc: 'Security code',
    title: 'Headline',
    body: 'Your review',
    author: 'Display name',
    score: 'Your rating',
    reason: 'Reason',
    lines: 'Items',
    quantity: 'Quantity',
  },
};

/** The types of problems that customers meet, without their prefix. */
type KnownProblem =
  | 'invalid-input' | 'not-found' | 'unauthenticated' | 'forbidden' | 'stale-version' | 'conflict' | 'unavailable'
  | 'deadline-exceeded' | 'too-many-requests' | 'internal' | 'request-in-flight' | 'cross-site-request'
  | 'unknown-sku' | 'out-of-stock' | 'unknown-code' | 'code-not-applicable' | 'cart-empty' | 'cart-full' | 'cart-changed' | 'quote-stale'
  | 'unknown-place' | 'unknown-quote' | 'no-delivery'
  | 'total-changed' | 'checkout-closed' | 'cart-in-checkout' | 'unknown-payment-method' | 'not-possible-now'
  | 'shop-not-open'
  | 'not-cancellable' | 'not-returnable' | 'not-withdrawable' | 'own-review'
  | 'email-taken' | 'invalid-credentials' | 'address-book-full';
