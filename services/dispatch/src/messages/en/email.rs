//! The emails in English.

pub mod merchant;

use super::with_reason;
use crate::mail::{EmailTemplate, Withdrawal};
use crate::messages::email_parts::{self, Labels};
use crate::messages::{EmailText, OrderEmail, ShopEmail, own_wording};
use crate::order::Order;
use contracts::catalogue::WithdrawalException;
use contracts::dispatch::OrderShipment;
use contracts::events::StockLow;
use contracts::payment::AwaitedTransfer;
use std::fmt::Write;

pub const LABELS: Labels = Labels {
    hello: "Hi",
    colon: ": ",
    subtotal: "Subtotal",
    discount: "Discount",
    delivery: "Delivery",
    day: "day",
    days: "days",
    to: "to",
    tax: "Tax",
    total: "Total",
    includes_tax: "Includes tax",
    tracking_number: "Tracking number",
    carrier: "Carrier",
    receipt_number: "Receipt number",
    view_order: "View your order",
    account_holder: "Account holder",
    reference: "Reference",
    withdrawal_exception,
};

const fn withdrawal_exception(exception: WithdrawalException) -> &'static str {
    match exception {
        WithdrawalException::MadeToOrder => "No right of withdrawal: made to your specifications.",
        WithdrawalException::Perishable => "No right of withdrawal: deteriorates or expires rapidly.",
        WithdrawalException::Periodical => "No right of withdrawal: a newspaper, periodical or magazine.",
        WithdrawalException::SealedHygiene => "No right of withdrawal once the hygiene seal is broken.",
        WithdrawalException::SealedRecording => "No right of withdrawal once the recording or software is unsealed.",
    }
}

pub fn order_email(template: &EmailTemplate, email: OrderEmail<'_>) -> EmailText {
    let number = &email.order.record.order_number;
    let (subject, message) = match template {
        EmailTemplate::Placed => (
            format!("Thanks for your order {number}"),
            "Thanks for your order. We've received it and we're getting it ready.".to_owned(),
        ),
        EmailTemplate::Confirmed => (
            format!("Your order {number} is confirmed"),
            "Your order is confirmed and its shipment is being prepared. We'll email you when it leaves.".to_owned(),
        ),
        EmailTemplate::Shipped(shipment) => {
            (format!("Your order {number} is on its way"), shipped(email.order, shipment))
        }
        EmailTemplate::Delivered => {
            (format!("Your order {number} has been delivered"), "Your parcel has been delivered. Enjoy!".to_owned())
        }
        EmailTemplate::Cancelled => (format!("Your order {number} has been cancelled"), cancelled(email.order)),
        EmailTemplate::TooLateToCancel => (
            format!("Your order {number} could not be cancelled"),
            "Your parcel had already left, so we couldn't cancel your order. You can return it once it's delivered."
                .to_owned(),
        ),
        EmailTemplate::Refunded { amount, reason } => {
            (format!("Your refund for order {number}"), with_reason(&format!("We've refunded {amount}"), reason))
        }
        EmailTemplate::ReturnRefunded { amount } => {
            (format!("Your refund for order {number}"), format!("We've refunded {amount} for your return."))
        }
        EmailTemplate::ReturnRequested { id } => (
            format!("Your return request for order {number}"),
            format!(
                "We've received your return request. Please send these items back to us:\n{}\n\n\
                 We'll email you when they arrive.",
                email_parts::returned_items(email.order, *id)
            ),
        ),
        EmailTemplate::ReturnReceived { amount } if amount.is_zero() => {
            (format!("We've received your return for order {number}"), "We've received your return.".to_owned())
        }
        EmailTemplate::ReturnReceived { amount } => (
            format!("We've received your return for order {number}"),
            format!("We've received your return. We'll refund {amount}."),
        ),
        EmailTemplate::ReturnRejected { reason } => (
            format!("Your return for order {number} was declined"),
            with_reason("We couldn't accept your return", reason),
        ),
        EmailTemplate::Link => (
            format!("Your order {number}"),
            "You asked for the link to your order. If it wasn't you, ignore this email.".to_owned(),
        ),
        EmailTemplate::Withdrawn(withdrawal) => {
            (format!("Your withdrawal from order {number}"), withdrawn(email.order, withdrawal))
        }
    };
    own_wording::compose(&LABELS, template, (subject, message), email)
}

pub fn low_stock(low: &StockLow, email: ShopEmail<'_>) -> EmailText {
    let StockLow { sku, available, threshold } = low;
    let subject = format!("Low stock: {sku}");
    let body = format!("{subject}. {available} left (alert level {threshold}).\n\n{}\n", email.base_url);
    EmailText { subject, body }
}

pub fn transfer_instructions(awaited: &AwaitedTransfer, email: ShopEmail<'_>) -> EmailText {
    let AwaitedTransfer { order_number, address, cart, transfer, .. } = awaited;
    let until = transfer.until.strftime("%-d %B %Y, %H:%M UTC");
    let mut text =
        format!("Hi {},\n\nThanks for your order. We've reserved these items until {until}.\n\n", address.name);
    email_parts::items_and_totals(&LABELS, &mut text, cart);
    let _ = writeln!(text, "\nPlease transfer {} so that it arrives by then:", cart.totals.total);
    email_parts::bank_details(&LABELS, &mut text, transfer);
    let _ = writeln!(text, "\nInclude the reference so we can match your payment.");
    let _ = writeln!(
        text,
        "If you've already paid another way, ignore this email.\n\n{}",
        email_parts::end(email.closing, email.shop)
    );
    EmailText { subject: format!("How to pay for your order {order_number}"), body: text }
}

/// Tells the customer about their payment, which depends on what was captured before.
fn cancelled(order: &Order) -> String {
    let totals = order.record.totals;
    let payment = if totals.captured.is_zero() {
        "You have not been charged.".to_owned()
    } else if totals.refunded.is_zero() {
        "Any payment will be refunded.".to_owned()
    } else {
        format!("We've refunded {}.", totals.refunded)
    };
    format!("Your order has been cancelled. {payment}")
}

/// Tells that a shipment has left. When it has only a part of the order, its items are listed.
fn shipped(order: &Order, shipment: &OrderShipment) -> String {
    let text = match &shipment.tracking {
        Some(tracking) => format!("Your parcel is on its way with {}.", tracking.carrier),
        None => "The carrier has picked up your parcel.".to_owned(),
    };
    match email_parts::shipped_part(order, shipment) {
        Some(items) => format!("{text} It contains:\n{items}\n\nThe rest of your order is shipped apart."),
        None => text,
    }
}

/// Confirms a withdrawal on a durable medium, with its content and time, as Directive 2011/83/EU, article 11a (4) requires.
fn withdrawn(order: &Order, Withdrawal { lines, at, cancels }: &Withdrawal) -> String {
    let (time, items) = (at.strftime("%-d %B %Y, %H:%M:%S UTC"), email_parts::items(order, lines));
    let next = if *cancels {
        "We're cancelling your order and will refund any payment."
    } else {
        "If you have these items, please send them back to us within 14 days. We'll refund your payment, including \
         standard delivery if you withdrew from the whole order."
    };
    format!("We received your withdrawal from the contract on {time} for these items:\n{items}\n\n{next}")
}
