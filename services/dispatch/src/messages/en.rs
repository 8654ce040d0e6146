//! The messages in English.

mod email;

use super::{CustomerEmails, EmailText, Messages, OrderEmail, ShopEmail};
use crate::mail::{EmailTemplate, MerchantNotification};
use contracts::Sku;
use contracts::dispatch::{TimelineData, TimelineKind, TimelineSubject};
use contracts::events::{PaymentIssueKind, StockLow};
use contracts::payment::{AwaitedTransfer, PaymentTotals};

pub struct English;

impl CustomerEmails for English {
    fn order_email(&self, template: &EmailTemplate, email: OrderEmail<'_>) -> EmailText {
        email::order_email(template, email)
    }

    fn transfer_instructions(&self, awaited: &AwaitedTransfer, email: ShopEmail<'_>) -> EmailText {
        email::transfer_instructions(awaited, email)
    }
}

impl Messages for English {
    fn timeline(&self, kind: TimelineKind, data: &TimelineData) -> String {
        let text = match kind {
            TimelineKind::Placed => "We've received your order.",
            TimelineKind::StockCommitted => "Your items are reserved for you.",
            TimelineKind::AwaitingStock if data.skus.is_empty() => {
                "We're waiting for some items to come back in stock."
            }
            TimelineKind::AwaitingStock => {
                let skus: Vec<&str> = data.skus.iter().map(Sku::as_str).collect();
                return format!("We're waiting for these items to come back in stock: {}.", skus.join(", "));
            }
            TimelineKind::Captured => match data.amount {
                Some(amount) => return format!("{amount} was charged."),
                None => "Payment captured.",
            },
            TimelineKind::ShipmentCreated => match &data.tracking_number {
                Some(number) => return format!("Your tracking number is {number}."),
                None => "The carrier is expecting your parcel.",
            },
            TimelineKind::Confirmed => "Your order is confirmed. We're preparing its shipment.",
            TimelineKind::Shipped => "The carrier has picked up your parcel.",
            TimelineKind::OutForDelivery => "Your parcel is with the courier.",
            TimelineKind::Delivered => "Your parcel was delivered.",
            TimelineKind::CancellationRequested => "We're cancelling your order.",
            TimelineKind::CancellationFailed => "Your parcel had already left, so your order could not be cancelled.",
            TimelineKind::Cancelled => "Your order was cancelled.",
            TimelineKind::Refunded => return refunded(data),
            TimelineKind::RefundFailed => "Your refund didn't go through. We're working on it.",
            TimelineKind::NeedsAttention => match data.subject.unwrap_or(TimelineSubject::Order) {
                TimelineSubject::Order => "Our team is looking into your order. There's nothing you need to do.",
                TimelineSubject::Refund => "Our team is looking into your refund. There's nothing you need to do.",
                TimelineSubject::Return => "Our team is looking into your return. There's nothing you need to do.",
            },
            TimelineKind::Resumed => "We're working on your order again.",
            TimelineKind::ReturnRequested => "You requested a return.",
            TimelineKind::Withdrawn => "You withdrew from the contract.",
            TimelineKind::ReturnReceived => "We received your return.",
            TimelineKind::CaptureRequested => "Staff requested the rest of the payment.",
            TimelineKind::Note => "Staff added a note.",
            TimelineKind::ReturnRejected => match &data.reason {
                Some(reason) => return with_reason("We couldn't accept your return", reason),
                None => "We couldn't accept your return.",
            },
            TimelineKind::PaymentIssue => "A payment issue was reported.",
            TimelineKind::PaymentIssueResolved => "The payment issue was resolved.",
        };
        text.to_owned()
    }

    fn merchant_email(&self, template: &MerchantNotification, email: OrderEmail<'_>) -> EmailText {
        email::merchant::order_email(template, email)
    }

    fn low_stock(&self, low: &StockLow, email: ShopEmail<'_>) -> EmailText {
        email::low_stock(low, email)
    }

    fn payment_issue(&self, kind: PaymentIssueKind, totals: PaymentTotals) -> String {
        let issue = match kind {
            PaymentIssueKind::RefundFailed => "A refund did not reach the customer",
            PaymentIssueKind::CaptureFailed => "The capture failed after it had been reported as successful",
            PaymentIssueKind::AuthorisationExpired => "The authorisation expired before the amount was captured",
            PaymentIssueKind::ChargedBack => "The customer charged the payment back through their bank",
            PaymentIssueKind::Discrepancy => "The gateway's report contradicts the ledger",
        };
        let PaymentTotals { captured, refunded, charged_back, .. } = totals;
        format!("{issue}: {captured} captured, {refunded} refunded, {charged_back} charged back.")
    }

    fn cancelled_by_withdrawal(&self) -> &'static str {
        "withdrawn by the customer"
    }

    fn order_ids_invalid(&self, most: usize) -> String {
        format!("must be 1 to {most} ids of orders, separated by commas")
    }

    fn nothing_to_capture(&self) -> &'static str {
        "Everything is captured already, or the order is being cancelled."
    }

    fn query_too_long(&self, most: usize) -> String {
        format!("must have at most {most} characters")
    }

    fn not_withdrawable(&self) -> &'static str {
        "This order has no right of withdrawal, or its period has ended."
    }

    fn excepted_from_withdrawal(&self, sku: &Sku) -> String {
        format!("The law gives no right of withdrawal for {sku}, as the order's confirmation says.")
    }

    fn not_receivable_yet(&self) -> &'static str {
        "The order is not paid yet, or not ready. Receive the return once the payment is captured."
    }

    fn amount_or_lines(&self) -> &'static str {
        "Give either an amount or lines."
    }

    fn cancelled_by_customer(&self) -> &'static str {
        "Cancelled by the customer"
    }

    fn awaiting_gateway(&self) -> &'static str {
        "The payment gateway has not reported the outcome yet."
    }

    fn no_such_order(&self) -> &'static str {
        "There is no such order, or it belongs to another account."
    }

    fn login_or_link_needed(&self) -> &'static str {
        "Log in, or open the order with the link in its confirmation email."
    }

    fn order_not_ready(&self) -> &'static str {
        "The order is still being set up. Try again in a moment."
    }

    fn staff_only_list(&self) -> &'static str {
        "Only staff can list the orders of all customers."
    }

    fn not_cancellable(&self) -> &'static str {
        "The order has been shipped or is finished, so it can no longer be cancelled."
    }

    fn not_refundable(&self) -> &'static str {
        "The order cannot be refunded in its present state, the amount is higher than what is left to refund, or the \
         idempotency key was used for another amount."
    }

    fn amount_not_positive(&self) -> &'static str {
        "must be greater than zero"
    }

    fn note_without_text(&self) -> &'static str {
        "must not be empty"
    }

    fn too_many_notes(&self, max: usize) -> String {
        format!("An order has at most {max} notes.")
    }

    fn nothing_to_retry(&self) -> &'static str {
        "Nothing about the order is waiting for a retry."
    }

    fn nothing_needs_attention(&self) -> &'static str {
        "Nothing about the order needs attention."
    }

    fn not_returnable(&self, days: i64) -> String {
        format!("Items can be returned once, within {days} days of their delivery.")
    }

    fn too_many_units_to_return(&self, sku: &Sku, left: u32) -> String {
        format!("Units of {sku} that can still be returned: {left}.")
    }

    fn lines_missing(&self) -> &'static str {
        "must name at least one SKU"
    }

    fn shipping_not_refundable(&self) -> &'static str {
        "Shipping can be refunded only once the whole order has been returned."
    }

    fn invoice_before_payment(&self) -> &'static str {
        "The order has no invoice before it is paid."
    }

    fn invoice_without_seller(&self) -> &'static str {
        "The shop has not entered the name and the address for its invoices. Staff enter them in the settings of the shop."
    }

    fn no_such_shipment(&self) -> &'static str {
        "The order has no shipment with this id, or it was cancelled."
    }

    fn no_such_return(&self) -> &'static str {
        "The order has no return with this number."
    }

    fn return_already_decided(&self) -> &'static str {
        "The return has already been received or declined."
    }
}

fn refunded(data: &TimelineData) -> String {
    let sentence =
        data.amount.map_or_else(|| "Your payment was refunded".to_owned(), |it| format!("{it} was refunded"));
    match &data.reason {
        Some(reason) => with_reason(&sentence, reason),
        None => format!("{sentence}."),
    }
}

/// Appends a reason that staff wrote, which may or may not end with a full stop.
fn with_reason(sentence: &str, reason: &str) -> String {
    let stop = if reason.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{sentence}: {reason}{stop}")
}
