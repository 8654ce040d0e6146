import type { ReactNode } from 'react';
import { plural } from './common';

export const checkout = {
  title: 'Checkout',
  loading: 'Loading checkout',
  checkingLast: 'Checking your last order',
  emptyText: "If you've just placed an order, we've emailed you a confirmation.",
  summary: 'Order summary',
  finalSummary: 'Your order',
  editCart: 'Edit cart',
  done: ' (done)',
  editStep: (step: string) => `Edit: ${step}`,

  contact: 'Contact and address',
  delivery: 'Delivery',
  payment: 'Payment',
  review: 'Review and place order',
  toDelivery: 'Continue to delivery',
  toPayment: 'Continue to payment',
  toReview: 'Continue to review',

  emailHint: 'Only for order confirmation and delivery updates.',
  guest: (logIn: ReactNode) => <>You're checking out as a guest. {logIn} to use your saved addresses.</>,
  saveAddress: 'Save this address',
  deliverTo: 'Deliver to',
  otherAddress: 'Use a different address',

  country: 'Country',
  chooseCountry: 'Choose a country',
  fullName: 'Full name',
  street: 'Street address',
  line2: 'Apartment, floor, company',
  phoneHint: 'Only used by the carrier.',
  example: (text: string) => `For example ${text}`,
  choose: (label: string) => `Choose ${label.toLowerCase()}`,
  /** The labels of fields that only some countries have, by the label that the server sends in English. */
  labels: {
    'Postal code': 'Postal code',
    'ZIP code': 'ZIP code',
    Postcode: 'Postcode',
    Eircode: 'Eircode',
    'PIN code': 'PIN code',
    'Town or city': 'Town or city',
    Suburb: 'Suburb',
    District: 'District',
    State: 'State',
    Province: 'Province',
    'Province or city': 'Province or city',
    Region: 'Region',
    County: 'County',
    Department: 'Department',
    Prefecture: 'Prefecture',
    Emirate: 'Emirate',
    Parish: 'Parish',
    Island: 'Island',
    Area: 'Area',
  },
  noCountry: 'Choose a country.',
  noName: "Enter the recipient's name.",
  noStreet: 'Enter a street address.',
  noField: (label: string) => `Enter ${withArticle(label)}.`,
  noChoice: (label: string) => `Choose ${withArticle(label)}.`,
  noEmail: 'Enter an email address, such as name@example.org.',

  which: (city: string) => `Which ${city}?`,
  whichError: (city: string) => `Choose which ${city} you mean.`,
  place: 'place',
  calculating: 'Calculating the delivery price',
  method: 'Delivery method',
  methods: (count: number) => plural(count, { one: `${count} delivery method`, other: `${count} delivery methods` }),
  noMethod: 'Choose a delivery method.',
  estimated: (city: string) => `We don't have ${city} on our map, so this is our price for the most distant towns in the area.`,
  deliverySummary: (option: string, place: string, days: string) => `${option} to ${place}, ${days}, `,
  free: 'free',

  agree: (terms: ReactNode) => <>By placing your order you agree to our {terms}.</>,
  seeAlso: (page: ReactNode) => <>See also {page}.</>,
  seeBoth: (one: ReactNode, other: ReactNode) => <>See also {one} and {other}.</>,
  terms: 'Terms and Conditions',
  privacy: 'Privacy Policy',
  withdrawal: 'Right of Withdrawal',
  /** The law of consumer contracts prescribes what this button says: that the order costs money. */
  placeOrder: 'Place order and pay',
  placeFree: 'Place order',
  placing: 'Placing your order…',
  nothingToPay: 'Nothing to pay',
  placed: 'Your order has been placed',
  nowPays: (now: ReactNode, before: ReactNode) => <>Your order has changed: you now pay {now} instead of {before}.</>,
};

/** Puts the article before a label within a sentence: "a ZIP code", "an Eircode", "a town or city". */
function withArticle(label: string): string {
  const isProper = label === 'Eircode' || /^.\p{Lu}/u.test(label);
  const noun = isProper ? label : label.toLowerCase();
  return `${/^[aeio]/i.test(noun) ? 'an' : 'a'} ${noun}`;
}
