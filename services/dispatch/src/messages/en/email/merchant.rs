//! The emails to the merchant in English.

use super::LABELS;
use crate::mail::{MerchantNotification, Withdrawal};
use crate::messages::email_parts::{self, items_and_totals, returned_items};
use crate::messages::{EmailText, OrderEmail};
use std::fmt::Write;

pub fn order_email(template: &MerchantNotification, email: OrderEmail<'_>) -> EmailText {
    let order = email.order;
    let (number, total) = (&order.record.order_number, order.record.cart.totals.total);
    let (subject, message) = match template {
        MerchantNotification::OrderPlaced => {
            (format!("New order {number}: {total}"), format!("You have a new order.\n\n{}", items(email)))
        }
        MerchantNotification::OrderCancelled => (
            format!("Order {number} was cancelled"),
            format!("Order {number} was cancelled. Do not ship these items:\n\n{}", items(email)),
        ),
        MerchantNotification::ReturnRequested { id } => {
            let reason = order.returns.iter().find(|one| one.id == *id).map_or("", |one| one.reason.as_str());
            let returned = returned_items(order, *id);
            let message = format!("The customer wants to return these items:\n{returned}\n\nReason: {reason}\n");
            (format!("Return requested for order {number}"), message)
        }
        MerchantNotification::Withdrawn(Withdrawal { lines, at, cancels }) => {
            let (time, items) = (at.strftime("%-d %B %Y, %H:%M:%S UTC"), email_parts::items(order, lines));
            let next = if *cancels {
                "The order is being cancelled. Do not ship it."
            } else {
                "Do not ship what has not left yet. Record the return when the items are here, and refund it within 14 days."
            };
            let message =
                format!("The customer withdrew from the contract on {time} for these items:\n{items}\n\n{next}\n");
            (format!("Withdrawal from order {number}"), message)
        }
        MerchantNotification::NeedsAttention { reason } => (
            format!("Order {number} needs attention"),
            format!("Order {number} does not go on until you decide what to do.\n\nReason: {reason}\n"),
        ),
    };
    EmailText { subject, body: format!("{message}\nOpen the order: {}\n\n{}\n", email.link, email.shop) }
}

/// Lists the items, the totals and the delivery address.
fn items(email: OrderEmail<'_>) -> String {
    let record = &email.order.record;
    let mut text = String::new();
    items_and_totals(&LABELS, &mut text, &record.cart);
    let _ = writeln!(text, "\nCustomer: {}", record.email.as_str());
    let _ = writeln!(text, "Deliver to:");
    for line in record.address.lines() {
        let _ = writeln!(text, "  {line}");
    }
    text
}
