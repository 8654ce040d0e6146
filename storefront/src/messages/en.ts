// The texts for values of the API: statuses, timeline entries, payment methods. Every other text is in
// the component that shows it. A translation is another file like this one.
import type { Availability, OrderStatus, PaymentEntry, ReturnStatus, ShipmentStatus, TimelineKind, TimelineSubject } from '../api/types';

interface StatusText {
  title: string;
  text: string;
}

export const ORDER_STATUS: Readonly<Record<OrderStatus, StatusText & { heading: string }>> = {
  received: {
    title: 'Received',
    heading: "We've received your order.",
    text: "We're getting it ready.",
  },
  confirmed: {
    title: 'Confirmed',
    heading: 'Your order is confirmed.',
    text: "Everything is in stock and paid for. We're packing it now.",
  },
  shipped: {
    title: 'On its way',
    heading: 'Your order is on its way.',
    text: 'The carrier has your parcel.',
  },
  delivered: {
    title: 'Delivered',
    heading: 'Your order has been delivered.',
    text: 'We hope you enjoy it.',
  },
  cancelling: {
    title: 'Being cancelled',
    heading: 'Your order is being cancelled.',
    text: "We're stopping the delivery and refunding any payment.",
  },
  cancelled: {
    title: 'Cancelled',
    heading: 'Your order has been cancelled.',
    text: 'Any payment will be refunded.',
  },
  attention: {
    title: 'Under review',
    heading: "We're looking into your order.",
    text: "There's nothing you need to do. We'll email you as soon as there's news.",
  },
};

export const RETURN_STATUS: Readonly<Record<ReturnStatus, StatusText>> = {
  requested: { title: 'Requested', text: "Please send the items back to us. We'll email you when they arrive." },
  received: { title: 'Received', text: "We've received your return and are refunding it." },
  refunded: { title: 'Completed', text: 'Your return is complete.' },
  rejected: { title: 'Declined', text: "We can't accept this return." },
  attention: { title: 'Under review', text: "We've received your return and are looking into it. There's nothing you need to do." },
};

export const SHIPMENT_STATUS: Readonly<Record<ShipmentStatus, string>> = {
  announced: 'Being prepared',
  packed: 'Packed',
  in_transit: 'On its way',
  out_for_delivery: 'Out for delivery',
  delivered: 'Delivered',
  cancelled: 'Cancelled',
};

/** The details of a timeline entry, formatted. Entries of earlier versions may have none of them. */
export interface TimelineDetails {
  amount?: string | undefined;
  reason?: string | undefined;
  trackingNumber?: string | undefined;
  /** The titles of the items that the entry is about. */
  items?: string | undefined;
  subject?: TimelineSubject | undefined;
}

interface TimelineText {
  title: string;
  text: (details: TimelineDetails) => string;
}

const REVIEWED: Readonly<Record<TimelineSubject, string>> = { order: 'order', refund: 'refund', return: 'return' };

/** Payment issues are for staff: this page does not show them. */
type ShopperKind = Exclude<TimelineKind, 'payment_issue' | 'payment_issue_resolved'>;

export const TIMELINE: Readonly<Record<ShopperKind, TimelineText>> = {
  placed: { title: 'Order placed', text: () => "We've received your order." },
  stock_committed: { title: 'Items reserved', text: () => 'Your items are reserved for you.' },
  awaiting_stock: {
    title: 'Waiting for stock',
    text: ({ items }) => `We're waiting for ${items ?? 'some items'} to come back in stock.`,
  },
  captured: {
    title: 'Paid',
    text: ({ amount }) => (amount ? `${amount} was charged.` : 'Your payment was charged.'),
  },
  shipment_created: {
    title: 'Being prepared',
    text: ({ trackingNumber }) => (trackingNumber ? `Your tracking number is ${trackingNumber}.` : 'Your parcel is being prepared.'),
  },
  confirmed: { title: 'Confirmed', text: () => 'Your order is confirmed.' },
  shipped: {
    title: 'On its way',
    text: ({ trackingNumber }) =>
      (trackingNumber ? `The carrier has your parcel. Its number is ${trackingNumber}.` : 'The carrier has picked up your parcel.'),
  },
  out_for_delivery: { title: 'Out for delivery', text: () => 'Your parcel is with the courier.' },
  delivered: { title: 'Delivered', text: () => 'Your parcel was delivered.' },
  cancellation_requested: { title: 'Cancellation requested', text: () => "We're cancelling the order." },
  cancellation_failed: {
    title: 'Could not be cancelled',
    text: () => "Your parcel had already left. You can return it once it's delivered.",
  },
  cancelled: { title: 'Cancelled', text: () => 'Your order was cancelled.' },
  refunded: {
    title: 'Refunded',
    text: ({ amount, reason }) => withReason(amount ? `${amount} was refunded` : 'Your payment was refunded', reason),
  },
  refund_failed: { title: 'Refund failed', text: () => "Your refund didn't go through. We're working on it." },
  needs_attention: {
    title: 'Under review',
    text: ({ subject }) => `Our team is looking into your ${REVIEWED[subject ?? 'order'] ?? REVIEWED.order}. There's nothing you need to do.`,
  },
  resumed: { title: 'Resumed', text: () => "We're working on your order again." },
  return_requested: { title: 'Return requested', text: () => 'You requested a return.' },
  return_received: { title: 'Return received', text: () => 'We received your return.' },
  return_rejected: { title: 'Return declined', text: ({ reason }) => withReason("We couldn't accept your return", reason) },
};

function withReason(sentence: string, reason: string | undefined): string {
  if (!reason) return `${sentence}.`;
  return `${sentence}: ${reason}${/[.!?]$/.test(reason) ? '' : '.'}`;
}

/** What follows once a payment method without fields is chosen. */
export const PAYMENT_NEXT_STEP: Readonly<Record<Exclude<PaymentEntry, 'card_form' | 'worldpay_fields'>, string>> = {
  redirect: "You'll continue on our payment partner's page.",
  transfer: "We'll show you the bank details for your transfer.",
};

/** What the button that places the order does, per payment method. */
export const PAYMENT_REVIEW: Readonly<Record<PaymentEntry | 'free', string>> = {
  free: "Please check your order. There's nothing to pay.",
  card_form: "Please check your order. You'll be charged when you place it.",
  worldpay_fields: "Please check your order. You'll be charged when you place it.",
  redirect: "Please check your order. You'll continue on our payment partner's page, and your order is placed once you've paid there.",
  transfer: "Please check your order. We'll reserve your items and show you the bank details. Your order is placed once your transfer arrives.",
};

export function availabilityText(availability: Availability, quantity: number | null | undefined): string {
  switch (availability) {
    case 'in_stock':
      return 'In stock';
    case 'low':
      return quantity ? `Only ${quantity} left` : 'Only a few left';
    case 'backorder':
      return "On backorder: sent as soon as it's back in stock";
    case 'out_of_stock':
      return 'Sold out';
  }
}
