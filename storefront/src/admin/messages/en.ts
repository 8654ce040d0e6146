// The texts for values of the staff API: statuses, operations, reasons. Every other text is in the component that shows it.
import type { LegalPage, MenuTarget, OrderStatus, PaymentStatus, ReturnStatus, ShipmentStatus, TimelineKind } from '../../api/types';
import type { Language } from '../../messages/language';
import type { AdjustmentKind, FailedEmail, ImportStatus, IssueSeverity, OperationKind, OperationState, Oversell, ProductStatus, Reach, ReviewState, Role, StockReason, WithdrawalException } from '../api/types';

/** The mark of a status besides its text. */
type Tone = 'neutral' | 'good' | 'warn' | 'bad';

export interface StatusLabel {
  label: string;
  tone: Tone;
}

export const ORDER_STATUS: Readonly<Record<OrderStatus, StatusLabel>> = {
  received: { label: 'Received', tone: 'neutral' },
  confirmed: { label: 'Confirmed', tone: 'warn' },
  shipped: { label: 'Shipped', tone: 'good' },
  delivered: { label: 'Delivered', tone: 'good' },
  cancelling: { label: 'Being cancelled', tone: 'neutral' },
  cancelled: { label: 'Cancelled', tone: 'neutral' },
  attention: { label: 'Needs attention', tone: 'bad' },
};

export const SHIPMENT_STATUS: Readonly<Record<ShipmentStatus, StatusLabel>> = {
  announced: { label: 'To pack', tone: 'warn' },
  packed: { label: 'To ship', tone: 'warn' },
  in_transit: { label: 'Shipped', tone: 'good' },
  out_for_delivery: { label: 'Out for delivery', tone: 'good' },
  delivered: { label: 'Delivered', tone: 'good' },
  cancelled: { label: 'Cancelled', tone: 'neutral' },
};

export const RETURN_STATUS: Readonly<Record<ReturnStatus, StatusLabel>> = {
  requested: { label: 'Awaiting items', tone: 'warn' },
  received: { label: 'Being refunded', tone: 'neutral' },
  refunded: { label: 'Refunded', tone: 'good' },
  rejected: { label: 'Declined', tone: 'neutral' },
  attention: { label: 'Needs attention', tone: 'bad' },
};

export const PAYMENT_STATUS: Readonly<Record<PaymentStatus, StatusLabel>> = {
  processing: { label: 'Processing', tone: 'neutral' },
  action_required: { label: 'Awaiting customer', tone: 'warn' },
  refused: { label: 'Refused', tone: 'bad' },
  authorised: { label: 'Authorised', tone: 'good' },
  closed: { label: 'Closed', tone: 'neutral' },
  voided: { label: 'Voided', tone: 'neutral' },
};

export const OPERATION_KIND: Readonly<Record<OperationKind, string>> = {
  authorise: 'Authorisation',
  capture: 'Capture',
  refund: 'Refund',
  void: 'Void',
};

export const OPERATION_STATE: Readonly<Record<OperationState, StatusLabel>> = {
  unknown: { label: 'Waiting for the gateway', tone: 'neutral' },
  challenged: { label: 'Waiting for the customer', tone: 'neutral' },
  succeeded: { label: 'Succeeded', tone: 'good' },
  refused: { label: 'Refused', tone: 'bad' },
  failed: { label: 'Failed', tone: 'bad' },
  abandoned: { label: 'Abandoned', tone: 'neutral' },
  needs_attention: { label: 'Needs attention', tone: 'bad' },
};

export const TIMELINE: Readonly<Record<TimelineKind | 'withdrawn', string>> = {
  placed: 'Order placed',
  stock_committed: 'Items taken from stock',
  awaiting_stock: 'Waiting for stock',
  captured: 'Payment captured',
  shipment_created: 'Shipment created',
  confirmed: 'Confirmed',
  shipped: 'Shipped',
  out_for_delivery: 'Out for delivery',
  delivered: 'Delivered',
  cancellation_requested: 'Cancellation requested',
  cancellation_failed: 'Could not be cancelled: it had already left',
  cancelled: 'Cancelled',
  refunded: 'Refunded',
  refund_failed: 'Refund failed',
  needs_attention: 'Needs attention',
  resumed: 'Resumed',
  return_requested: 'Return requested',
  withdrawn: 'Customer withdrew from the contract',
  return_received: 'Return received',
  return_rejected: 'Return declined',
  payment_issue: 'Payment issue',
  payment_issue_resolved: 'Payment issue resolved',
  capture_requested: 'Capture requested',
  note: 'Note',
};

/** The kinds of payment issues, which the API names by plain strings. */
export function paymentIssueText(kind: string): string {
  return kind.replaceAll('_', ' ').replace(/^./u, (letter) => letter.toUpperCase());
}

export const PRODUCT_STATUS: Readonly<Record<ProductStatus, StatusLabel & { text: string }>> = {
  active: { label: 'Active', tone: 'good', text: 'Customers can see and buy it.' },
  draft: { label: 'Draft', tone: 'neutral', text: 'Only staff can see it.' },
  archived: { label: 'Archived', tone: 'neutral', text: 'No longer sold; kept for existing orders.' },
};

export const IMPORT_STATUS: Readonly<Record<ImportStatus, StatusLabel>> = {
  waiting: { label: 'Waiting', tone: 'neutral' },
  running: { label: 'Running', tone: 'warn' },
  finished: { label: 'Finished', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
  interrupted: { label: 'Interrupted', tone: 'bad' },
};

export const ISSUE_SEVERITY: Readonly<Record<IssueSeverity, StatusLabel>> = {
  error: { label: 'Error', tone: 'bad' },
  warning: { label: 'Warning', tone: 'warn' },
};

export const OVERSELL: Readonly<Record<Oversell, { label: string; text: string }>> = {
  deny: { label: 'Stop selling', text: 'Sold out when none is available.' },
  continue: { label: 'Backorder', text: 'Orders wait until it is back in stock.' },
  untracked: { label: 'Not counted', text: 'Always available; stock is not counted.' },
};

export const WITHDRAWAL_EXCEPTION: Readonly<Record<WithdrawalException, { label: string; text: string }>> = {
  made_to_order: { label: 'Made to order', text: "Made to the customer's specifications, or clearly personalised, such as an engraved ring. A choice among colours or sizes on offer is not enough." },
  perishable: { label: 'Perishable', text: 'Spoils or expires quickly, such as fresh food or cut flowers.' },
  periodical: { label: 'Newspaper or magazine', text: 'A single issue of a newspaper, periodical or magazine. Subscriptions can be withdrawn from.' },
  sealed_hygiene: { label: 'Sealed for hygiene', text: 'Sealed for reasons of health protection or hygiene, such as cosmetics. Customers can withdraw while the seal is unbroken.' },
  sealed_recording: { label: 'Sealed recording or software', text: 'A sealed audio or video recording or software on a disc. Customers can withdraw while the seal is unbroken.' },
};

/** The languages of the shop. Their own names are those in which visitors choose them. */
export const LANGUAGE: Readonly<Record<Language, string>> = { en: 'English', de: 'German', fr: 'French' };

export const LEGAL_PAGE: Readonly<Record<LegalPage, { label: string; text: string }>> = {
  imprint: { label: 'Imprint', text: 'Who sells here: name, address, contact, register and tax number.' },
  terms: { label: 'Terms and conditions', text: 'The conditions of sale. Without this page, the rules of the law apply.' },
  privacy: { label: 'Privacy policy', text: 'Which personal data you process, what for, and the rights of customers.' },
  withdrawal: { label: 'Right of withdrawal', text: 'How consumers withdraw from a contract, by when, and who pays for the return.' },
};

export const MENU_TARGET: Readonly<Record<MenuTarget['kind'], string>> = {
  products: 'All products',
  category: 'A category',
  page: 'A page',
  link: 'A link',
};

export const ADJUSTMENT_KIND: Readonly<Record<AdjustmentKind, string>> = {
  received: 'Delivery received',
  counted: 'Stock count',
  damaged: 'Damaged',
  lost: 'Lost or stolen',
  returned: 'Returned by a customer',
  other: 'Other',
};

export const STOCK_REASON: Readonly<Record<StockReason, string>> = {
  initial: 'Initial stock',
  adjusted: 'Adjusted',
  committed: 'Taken for an order',
  returned: 'Returned',
};

export const REVIEW_STATE: Readonly<Record<ReviewState, StatusLabel>> = {
  published: { label: 'Published', tone: 'good' },
  pending: { label: 'Pending', tone: 'warn' },
  rejected: { label: 'Rejected', tone: 'bad' },
};

export const ROLE: Readonly<Record<Role, { label: string; text: string }>> = {
  customer: { label: 'Customer', text: 'Buys in the shop.' },
  warehouse: { label: 'Warehouse', text: 'Packs and ships, and counts stock.' },
  support: { label: 'Support', text: 'Works on orders, shipments, returns and reviews.' },
  merchant: { label: 'Merchant', text: 'Also manages products, stock, prices, payments and the shop.' },
  admin: { label: 'Admin', text: 'Also decides who has which role.' },
};

export const REACH: Readonly<Record<Reach, string>> = {
  domestic: "The warehouse's country",
  continent: "The warehouse's continent",
  world: 'The whole world',
};

export const MESSAGE_CHANNEL: Readonly<Record<FailedEmail['channel'], string>> = {
  email: 'Email',
  webhook: 'Webhook',
};

/** The queues of dead letters. */
export const QUEUE: Readonly<Record<'dispatch' | 'cart' | 'ratings' | 'broker', string>> = {
  dispatch: 'Orders',
  cart: 'Carts',
  ratings: 'Reviews',
  broker: 'Message broker',
};
