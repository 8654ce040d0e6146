//! The emails in English.

mod merchant;

use super::with_reason;
use crate::mail::{EmailTemplate, Notification};
use crate::messages::{EmailText, OrderEmail, ShopEmail};
use crate::order::Order;
use contracts::Sku;
use contracts::cart::{CartLine, CartSnapshot};
use contracts::dispatch::{OrderShipment, ReturnLine};
use contracts::events::StockLow;
use contracts::payment::AwaitedTransfer;
use contracts::shipping::CarrierTracking;
use jiff::Timestamp;
use std::fmt::Write;

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
        EmailTemplate::ReturnRequested { id } => {
            (format!("Your return request for order {number}"), return_requested(email.order, *id))
        }
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
        EmailTemplate::Withdrawn { lines, at, cancels } => {
            (format!("Your withdrawal from order {number}"), withdrawn(email.order, lines, *at, *cancels))
        }
        EmailTemplate::Merchant(template) => return merchant::order_email(template, email),
    };
    // These are about some of the lines, which their messages list.
    let lists_order = !matches!(template, EmailTemplate::ReturnRequested { .. } | EmailTemplate::Withdrawn { .. });
    EmailText { subject, body: body(&message, lists_order, email) }
}

pub fn notification(notification: &Notification, email: ShopEmail<'_>) -> EmailText {
    match notification {
        Notification::StockLow { low, .. } => low_stock(low, email),
        Notification::TransferAwaited(awaited) => transfer_instructions(awaited, email),
    }
}

fn low_stock(low: &StockLow, email: ShopEmail<'_>) -> EmailText {
    let StockLow { sku, available, threshold } = low;
    let subject = format!("Low stock: {sku}");
    let body = format!("{subject}. {available} left (alert level {threshold}).\n\n{}\n", email.base_url);
    EmailText { subject, body }
}

fn transfer_instructions(awaited: &AwaitedTransfer, email: ShopEmail<'_>) -> EmailText {
    let AwaitedTransfer { order_number, address, cart, transfer, .. } = awaited;
    let until = transfer.until.strftime("%-d %B %Y, %H:%M UTC");
    let mut text =
        format!("Hi {},\n\nThanks for your order. We've reserved these items until {until}.\n\n", address.name);
    items_and_totals(&mut text, cart);
    let _ = writeln!(text, "\nPlease transfer {} so that it arrives by then:", cart.totals.total);
    let _ = writeln!(text, "  Account holder: {}", transfer.holder);
    let _ = writeln!(text, "  IBAN: {}", grouped(&transfer.iban));
    if let Some(bic) = &transfer.bic {
        let _ = writeln!(text, "  BIC: {bic}");
    }
    let _ = writeln!(text, "  Reference: {}", transfer.reference);
    let _ = writeln!(text, "\nInclude the reference so we can match your payment.");
    let _ = writeln!(text, "If you've already paid another way, ignore this email.\n\n{}", email.shop);
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
    let mut text = match &shipment.tracking {
        Some(tracking) => format!("Your parcel is on its way with {}.", tracking.carrier),
        None => "The carrier has picked up your parcel.".to_owned(),
    };
    if order.shipments.len() < 2 || shipment.lines.is_empty() {
        return text;
    }
    text.push_str(" It contains:\n");
    for line in &shipment.lines {
        let _ = write!(text, "\n  {}", item(order, &line.sku, line.quantity.get()));
    }
    text.push_str("\n\nThe rest of your order is shipped apart.");
    text
}

fn tracking(shipment: &OrderShipment) -> String {
    let Some(CarrierTracking { carrier, tracking_number, tracking_url }) = &shipment.tracking else {
        return format!("Tracking number: {} ({})", shipment.number, shipment.carrier);
    };
    let mut text = match tracking_number {
        Some(number) => format!("Tracking number: {number} ({carrier})"),
        None => format!("Carrier: {carrier}"),
    };
    if let Some(url) = tracking_url {
        let _ = write!(text, "\n{}", url.as_str());
    }
    text
}

fn item(order: &Order, sku: &Sku, count: u32) -> String {
    let title = order.record.cart.lines.iter().find(|line| line.sku == *sku).map_or(sku.as_str(), |line| &line.title);
    format!("{count} x {title} ({sku})")
}

fn return_requested(order: &Order, id: u32) -> String {
    let items = returned_items(order, id);
    format!(
        "We've received your return request. Please send these items back to us:\n{items}\n\n\
         We'll email you when they arrive."
    )
}

/// Confirms a withdrawal on a durable medium, with its content and time, as Directive 2011/83/EU, article 11a (4) requires.
fn withdrawn(order: &Order, lines: &[ReturnLine], at: Timestamp, cancels: bool) -> String {
    let time = at.strftime("%-d %B %Y, %H:%M:%S UTC");
    let items = items_of(order, lines);
    let next = if cancels {
        "We're cancelling your order and will refund any payment."
    } else {
        "If you have these items, please send them back to us within 14 days. We'll refund your payment, including \
         standard delivery if you withdrew from the whole order."
    };
    format!("We received your withdrawal from the contract on {time} for these items:\n{items}\n\n{next}")
}

/// Lists the items of a return, each on a line of its own.
fn returned_items(order: &Order, id: u32) -> String {
    order.returns.iter().find(|one| one.id == id).map_or_else(String::new, |one| items_of(order, &one.lines))
}

fn items_of(order: &Order, lines: &[ReturnLine]) -> String {
    lines.iter().fold(String::new(), |mut text, ReturnLine { sku, quantity }| {
        let _ = write!(text, "\n  {}", item(order, sku, quantity.get()));
        text
    })
}

fn body(message: &str, lists_order: bool, email: OrderEmail<'_>) -> String {
    let record = &email.order.record;
    let mut text = format!("Hi {},\n\n{message}\n", record.address.name);
    if lists_order {
        text.push('\n');
        items_and_totals(&mut text, &record.cart);
    }
    // A shipment without a carrier is still to be shipped.
    for shipment in email.order.shipments.iter().filter(|shipment| !shipment.carrier.is_empty()) {
        let _ = writeln!(text, "\n{}", tracking(shipment));
    }
    if let Some(receipt) = &record.receipt_number {
        let _ = writeln!(text, "Receipt number: {receipt}");
    }
    let _ = writeln!(text, "\nView your order: {}\n\n{}", email.link, email.shop);
    text
}

/// Lists the items and totals with the amounts that the order's page shows, so that both can be compared line by line.
fn items_and_totals(text: &mut String, cart: &CartSnapshot) {
    for CartLine { quantity, title, option_values, subtotal, .. } in &cart.lines {
        let options = option_values.join(", ");
        let options = if options.is_empty() { options } else { format!(" ({options})") };
        let _ = writeln!(text, "  {} x {title}{options}: {subtotal}", quantity.get());
    }
    let totals = &cart.totals;
    let _ = writeln!(text, "\n  Subtotal: {}", totals.subtotal);
    if !totals.discount.is_zero() {
        let _ = writeln!(text, "  Discount: -{}", totals.discount);
    }
    let _ = writeln!(text, "  Delivery ({}): {}", cart.shipping.label, totals.shipping);
    if !totals.tax_included {
        let _ = writeln!(text, "  Tax: {}", totals.tax);
    }
    let _ = writeln!(text, "  Total: {}", totals.total);
    if totals.tax_included && !totals.tax.is_zero() {
        let _ = writeln!(text, "  Includes tax: {}", totals.tax);
    }
}

/// Groups the characters of an IBAN in fours, as ISO 13616 prescribes for print.
fn grouped(iban: &str) -> String {
    let characters: Vec<char> = iban.chars().collect();
    characters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}
