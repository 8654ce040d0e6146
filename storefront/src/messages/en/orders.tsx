import type { ReactNode } from 'react';

export interface TimelineDetails {
  amount?: string | undefined;
  reason?: string | undefined;
  trackingNumber?: string | undefined;
  /** The titles of the items that the entry is about. */
  items?: string | undefined;
  subject?: 'order' | 'refund' | 'return' | undefined;
}

const REVIEWED = { order: 'order', refund: 'refund', return: 'return' };

export const orders = {
  order: 'Order',
  number: (number: string) => `Order ${number}`,
  loading: 'Loading your order',
  notLoaded: "Your order couldn't be loaded",
  logInTitle: 'Log in to see this order',
  logInText: 'You can also use the link in your confirmation email.',
  notFound: 'Order not found',
  notFoundText: 'Use the link in your confirmation email, or log in to the account you ordered with.',
  placedAt: (number: string, time: string) => `Order ${number}, placed ${time}`,
  thanks: (name: string) => `Thank you, ${name}!`,
  confirmationSent: (email: string) => `We've sent a confirmation to ${email}.`,
  status: (status: ReactNode) => <>Status: {status}</>,
  progress: 'Progress',
  details: 'Order details',
  refunded: (amount: ReactNode) => <>Refunded: {amount}</>,
  chargedBack: (amount: ReactNode) => <>Charged back by your bank: {amount}</>,
  deliverTo: 'Deliver to',
  deliveryTime: 'Delivery time',
  receipt: 'Receipt',
  invoice: 'Download invoice (PDF)',
  orderAgain: 'Order again',
  orderedAgain: (units: string) => `${units} added to your cart.`,
  orderedAgainPartly: "Some items couldn't be added to your cart.",

  statuses: {
    received: { title: 'Received', heading: "We've received your order.", text: "We're getting it ready." },
    confirmed: { title: 'Confirmed', heading: 'Your order is confirmed.', text: "Everything is in stock and paid for. We're packing it now." },
    shipped: { title: 'On its way', heading: 'Your order is on its way.', text: 'The carrier has your parcel.' },
    delivered: { title: 'Delivered', heading: 'Your order has been delivered.', text: 'We hope you enjoy it.' },
    cancelling: {
      title: 'Being cancelled',
      heading: 'Your order is being cancelled.',
      text: "We're stopping the delivery and refunding any payment.",
    },
    cancelled: { title: 'Cancelled', heading: 'Your order has been cancelled.', text: 'Any payment will be refunded.' },
    attention: {
      title: 'Under review',
      heading: "We're looking into your order.",
      text: "There's nothing you need to do. We'll email you as soon as there's news.",
    },
  },

  history: 'Order history',
  live: 'Updates automatically',
  lost: 'Connection lost. Reconnecting…',
  /** Payment issues are for staff: the page does not show them. */
  timeline: {
    placed: { title: 'Order placed', text: () => "We've received your order." },
    stock_committed: { title: 'Items reserved', text: () => 'Your items are reserved for you.' },
    awaiting_stock: {
      title: 'Waiting for stock',
      text: ({ items }: TimelineDetails) => `We're waiting for ${items ?? 'some items'} to come back in stock.`,
    },
    captured: { title: 'Paid', text: ({ amount }: TimelineDetails) => (amount ? `${amount} was charged.` : 'Your payment was charged.') },
    shipment_created: {
      title: 'Being prepared',
      text: ({ trackingNumber }: TimelineDetails) =>
        (trackingNumber ? `Your tracking number is ${trackingNumber}.` : 'Your parcel is being prepared.'),
    },
    confirmed: { title: 'Confirmed', text: () => 'Your order is confirmed.' },
    shipped: {
      title: 'On its way',
      text: ({ trackingNumber }: TimelineDetails) =>
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
      text: ({ amount, reason }: TimelineDetails) => withReason(amount ? `${amount} was refunded` : 'Your payment was refunded', reason),
    },
    refund_failed: { title: 'Refund failed', text: () => "Your refund didn't go through. We're working on it." },
    needs_attention: {
      title: 'Under review',
      text: ({ subject }: TimelineDetails) =>
        `Our team is looking into your ${REVIEWED[subject ?? 'order'] ?? REVIEWED.order}. There's nothing you need to do.`,
    },
    resumed: { title: 'Resumed', text: () => "We're working on your order again." },
    withdrawn: { title: 'Withdrawn', text: () => 'You withdrew from the contract.' },
    return_requested: { title: 'Return requested', text: () => 'You requested a return.' },
    return_received: { title: 'Return received', text: () => 'We received your return.' },
    return_rejected: {
      title: 'Return declined',
      text: ({ reason }: TimelineDetails) => withReason("We couldn't accept your return", reason),
    },
  },

  parcel: 'Parcel',
  parcels: 'Parcels',
  shipmentStatuses: {
    announced: 'Being prepared',
    packed: 'Packed',
    in_transit: 'On its way',
    out_for_delivery: 'Out for delivery',
    delivered: 'Delivered',
    cancelled: 'Cancelled',
  },
  expected: (date: string) => `Expected ${date}`,
  tracking: 'Tracking details',
  trackingNumber: (number: string) => `Tracking number ${number}`,
  carrierAndNumber: (carrier: string, number: string) => `${carrier}, tracking number ${number}`,
  trackWith: (carrier: string) => `Track with ${carrier}`,

  cancel: 'Cancel order',
  cancelQuestion: 'Cancel the whole order?',
  cancelText: "We'll stop the delivery and refund your payment.",
  reason: 'Reason',
  cancelYes: 'Yes, cancel order',
  cancelNo: 'Keep order',
  cancelling: 'Your order is being cancelled',

  returns: 'Returns',
  returnOffer: 'Not quite right? Send it back for a refund.',
  returnItems: 'Return items',
  returnRequested: 'Return requested',
  returnNumber: (number: number) => `Return ${number}`,
  returnStatuses: {
    requested: { title: 'Requested', text: "Please send the items back to us. We'll email you when they arrive." },
    received: { title: 'Received', text: "We've received your return and are refunding it." },
    refunded: { title: 'Completed', text: 'Your return is complete.' },
    rejected: { title: 'Declined', text: "We can't accept this return." },
    attention: { title: 'Under review', text: "We've received your return and are looking into it. There's nothing you need to do." },
  },
  accepted: (items: string) => `Accepted: ${items}`,
  acceptedNone: 'Accepted: none of the items',
  refund: (amount: ReactNode) => <>Refund: {amount}</>,
  requestedAt: (time: string, reason: string) => `Requested ${time}. Reason: ${reason}`,
  itemsToReturn: 'Items to return',
  upTo: (left: number) => (left === 1 ? `${left} item` : `up to ${left} items`),
  quantityToReturn: (title: string) => `Quantity of ${title} to return`,
  returnReason: 'Reason for return',
  returnReasonHint: 'For example: too small, not as described, damaged.',
  requestReturn: 'Request return',
  noReturnItems: 'Choose at least one item to return.',
  noReturnReason: 'Enter a reason for the return.',
};

function withReason(sentence: string, reason: string | undefined): string {
  if (!reason) return `${sentence}.`;
  return `${sentence}: ${reason}${/[.!?]$/.test(reason) ? '' : '.'}`;
}
