//! The parts of emails that are the same in every language.

use super::OrderEmail;
use crate::order::Order;
use contracts::Sku;
use contracts::cart::{CartLine, CartSnapshot};
use contracts::catalogue::WithdrawalException;
use contracts::dispatch::{OrderShipment, ReturnLine};
use contracts::payment::Transfer;
use contracts::shipping::{CarrierTracking, DeliveryDays};
use std::fmt::Write;

/// The words around the facts of an email.
pub struct Labels {
    /// The greeting before the name.
    pub hello: &'static str,
    /// The text between a label and its value.
    pub colon: &'static str,
    pub subtotal: &'static str,
    pub discount: &'static str,
    pub delivery: &'static str,
    pub day: &'static str,
    pub days: &'static str,
    /// The word between the two ends of a range.
    pub to: &'static str,
    pub tax: &'static str,
    pub total: &'static str,
    pub includes_tax: &'static str,
    pub tracking_number: &'static str,
    pub carrier: &'static str,
    pub receipt_number: &'static str,
    pub view_order: &'static str,
    pub account_holder: &'static str,
    pub reference: &'static str,
    /// Returns the sentence for an exception from the right of withdrawal, which consumers are to have in writing (Directive
    /// 2011/83/EU, article 8 (7)).
    pub withdrawal_exception: fn(WithdrawalException) -> &'static str,
}

/// Writes the body of an email about an order: greeting, message, items, tracking, receipt and link.
pub fn body(labels: &Labels, message: &str, lists_order: bool, email: OrderEmail<'_>) -> String {
    let record = &email.order.record;
    let mut text = format!("{} {},\n\n{message}\n", labels.hello, record.address.name);
    if lists_order {
        text.push('\n');
        items_and_totals(labels, &mut text, &record.cart);
    }
    // A shipment without a carrier is still to be shipped.
    for shipment in email.order.shipments.iter().filter(|shipment| !shipment.carrier.is_empty()) {
        let _ = writeln!(text, "\n{}", tracking(labels, shipment));
    }
    if let Some(receipt) = &record.receipt_number {
        let _ = writeln!(text, "{}{}{receipt}", labels.receipt_number, labels.colon);
    }
    let _ =
        writeln!(text, "\n{}{}{}\n\n{}", labels.view_order, labels.colon, email.link, end(email.closing, email.shop));
    text
}

/// Returns the end of an email: the merchant's text, and the name of the shop.
pub fn end(closing: Option<&str>, shop: &str) -> String {
    closing.map_or_else(|| shop.to_owned(), |closing| format!("{closing}\n\n{shop}"))
}

/// Lists the items and totals with the amounts that the order's page shows, so that both can be compared line by line.
pub fn items_and_totals(labels: &Labels, text: &mut String, cart: &CartSnapshot) {
    let colon = labels.colon;
    for CartLine { quantity, title, option_values, subtotal, withdrawal_exception, .. } in &cart.lines {
        let options = option_values.join(", ");
        let options = if options.is_empty() { options } else { format!(" ({options})") };
        let _ = writeln!(text, "  {} x {title}{options}{colon}{subtotal}", quantity.get());
        if let Some(exception) = withdrawal_exception {
            let _ = writeln!(text, "    {}", (labels.withdrawal_exception)(*exception));
        }
    }
    let totals = &cart.totals;
    let _ = writeln!(text, "\n  {}{colon}{}", labels.subtotal, totals.subtotal);
    if !totals.discount.is_zero() {
        let _ = writeln!(text, "  {}{colon}-{}", labels.discount, totals.discount);
    }
    let days = delivery_time(labels, cart.shipping.estimated_days);
    let _ = writeln!(text, "  {} ({}, {days}){colon}{}", labels.delivery, cart.shipping.label, totals.shipping);
    if !totals.tax_included {
        let _ = writeln!(text, "  {}{colon}{}", labels.tax, totals.tax);
    }
    let _ = writeln!(text, "  {}{colon}{}", labels.total, totals.total);
    if totals.tax_included && !totals.tax.is_zero() {
        let _ = writeln!(text, "  {}{colon}{}", labels.includes_tax, totals.tax);
    }
}

fn delivery_time(labels: &Labels, DeliveryDays { min, max }: DeliveryDays) -> String {
    let unit = if max == 1 { labels.day } else { labels.days };
    if min < max { format!("{min} {} {max} {unit}", labels.to) } else { format!("{max} {unit}") }
}

/// Lists the bank details of a transfer.
pub fn bank_details(labels: &Labels, text: &mut String, transfer: &Transfer) {
    let colon = labels.colon;
    let _ = writeln!(text, "  {}{colon}{}", labels.account_holder, transfer.holder);
    let _ = writeln!(text, "  IBAN{colon}{}", grouped(&transfer.iban));
    if let Some(bic) = &transfer.bic {
        let _ = writeln!(text, "  BIC{colon}{bic}");
    }
    let _ = writeln!(text, "  {}{colon}{}", labels.reference, transfer.reference);
}

fn tracking(labels: &Labels, shipment: &OrderShipment) -> String {
    let (colon, number_label) = (labels.colon, labels.tracking_number);
    let Some(CarrierTracking { carrier, tracking_number, tracking_url }) = &shipment.tracking else {
        return format!("{number_label}{colon}{} ({})", shipment.number, shipment.carrier);
    };
    let mut text = match tracking_number {
        Some(number) => format!("{number_label}{colon}{number} ({carrier})"),
        None => format!("{}{colon}{carrier}", labels.carrier),
    };
    if let Some(url) = tracking_url {
        let _ = write!(text, "\n{}", url.as_str());
    }
    text
}

/// Lists the items of a return, each on a line of its own.
pub fn returned_items(order: &Order, id: u32) -> String {
    order.returns.iter().find(|one| one.id == id).map_or_else(String::new, |one| items(order, &one.lines))
}

/// Lists units of an order, each SKU on a line of its own.
pub fn items(order: &Order, lines: &[ReturnLine]) -> String {
    lines.iter().fold(String::new(), |mut text, ReturnLine { sku, quantity }| {
        let _ = write!(text, "\n  {}", item(order, sku, quantity.get()));
        text
    })
}

/// Lists the items of a shipment that has only a part of its order; `None` if it has everything.
pub fn shipped_part(order: &Order, shipment: &OrderShipment) -> Option<String> {
    let is_part = order.shipments.len() > 1 && !shipment.lines.is_empty();
    let line = |text: String, line: &contracts::shipping::ShipmentLine| {
        format!("{text}\n  {}", item(order, &line.sku, line.quantity.get()))
    };
    is_part.then(|| shipment.lines.iter().fold(String::new(), line))
}

fn item(order: &Order, sku: &Sku, count: u32) -> String {
    let title = order.record.cart.lines.iter().find(|line| line.sku == *sku).map_or(sku.as_str(), |line| &line.title);
    format!("{count} x {title} ({sku})")
}

/// Groups the characters of an IBAN in fours, as ISO 13616 prescribes for print.
fn grouped(iban: &str) -> String {
    let characters: Vec<char> = iban.chars().collect();
    characters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}
