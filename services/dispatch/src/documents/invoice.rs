//! Invoices, with what Directive 2006/112/EC, article 226, asks for: seller, customer, number, dates, items, and for each
//! rate the amount and its tax.

use super::PdfFile;
use super::layout::{A4, Align, Column, Layout, Style, bold, regular};
use super::letter::{MARGIN, address_and_facts};
use super::pdf::{self, PdfError};
use super::texts::{Texts, texts};
use crate::order::Order;
use contracts::Money;
use contracts::cart::{CartLine, CartSnapshot};
use contracts::catalogue::Seller;
use contracts::dispatch::TimelineKind;
use jiff::Timestamp;
use std::collections::BTreeMap;

const TEXT: Style = regular(9.5);
const STRONG: Style = bold(9.5);
const SMALL: Style = regular(8.0);
/// The columns of the items: item, quantity, unit price, tax rate, amount.
const ITEMS: [Column; 5] = [
    Column { x: MARGIN, width: 205.0, align: Align::Left },
    Column { x: 264.0, width: 48.0, align: Align::Right },
    Column { x: 314.0, width: 78.0, align: Align::Right },
    Column { x: 394.0, width: 64.0, align: Align::Right },
    Column { x: 460.0, width: 79.0, align: Align::Right },
];
/// The columns of the totals: label and amount.
const TOTALS: [Column; 2] =
    [Column { x: 290.0, width: 160.0, align: Align::Right }, Column { x: 455.0, width: 84.0, align: Align::Right }];
/// The columns of the taxes: rate, net, tax, gross.
const TAXES: [Column; 4] = [
    Column { x: MARGIN, width: 140.0, align: Align::Left },
    Column { x: 200.0, width: 90.0, align: Align::Right },
    Column { x: 295.0, width: 90.0, align: Align::Right },
    Column { x: 390.0, width: 90.0, align: Align::Right },
];

/// The reason why an order has no invoice.
#[derive(Debug, thiserror::Error)]
pub enum InvoiceUnavailable {
    /// No money was captured, so there is no number.
    #[error("the order is not paid yet")]
    NotPaid,
    /// The merchant has not entered who sells.
    #[error("the shop has not entered the name and the address of the seller")]
    NoSeller,
    /// The document cannot be written.
    #[error(transparent)]
    Pdf(#[from] PdfError),
}

/// Writes the invoice of an order in the language of its customer.
///
/// # Errors
/// See [`InvoiceUnavailable`].
pub fn invoice(order: &Order, seller: Option<&Seller>) -> Result<PdfFile, InvoiceUnavailable> {
    let record = &order.record;
    let number = record.receipt_number.as_deref().ok_or(InvoiceUnavailable::NotPaid)?;
    let seller = seller.ok_or(InvoiceUnavailable::NoSeller)?;
    let texts = texts(record.language);
    let mut layout = Layout::new(A4, MARGIN);
    head(&mut layout, texts, order, number, seller);
    items(&mut layout, texts, &record.cart);
    totals(&mut layout, texts, order);
    taxes(&mut layout, texts, &record.cart);
    layout.space(18.0);
    layout.rule();
    let full = layout.full_width();
    layout.block(full, SMALL, [sender(seller).as_str()]);
    if let Some(id) = &seller.tax_id {
        layout.block(full, SMALL, [format!("{}: {}", texts.tax_id, id.as_str()).as_str()]);
    }
    let title = format!("{} {number}", texts.invoice);
    let bytes = pdf::write(&layout, &title, record.language.as_str())?;
    Ok(PdfFile { name: format!("invoice-{number}.pdf"), bytes })
}

fn sender(seller: &Seller) -> String {
    let lines = seller.address.iter().map(|line| line.as_str());
    std::iter::once(seller.name.as_str()).chain(lines).collect::<Vec<_>>().join(" · ")
}

fn head(layout: &mut Layout, texts: &Texts, order: &Order, number: &str, seller: &Seller) {
    let full = layout.full_width();
    layout.block(full, bold(15.0), [seller.name.as_str()]);
    layout.space(40.0);
    let paid_at = first(order, TimelineKind::Captured).unwrap_or(order.record.placed_at);
    let mut facts = vec![
        (texts.invoice_number, number.to_owned()),
        (texts.invoice_date, texts.date(paid_at)),
        (texts.order_number, order.record.order_number.clone()),
        (texts.order_date, texts.date(order.record.placed_at)),
    ];
    facts.extend(first(order, TimelineKind::Shipped).map(|at| (texts.supply_date, texts.date(at))));
    let address = |layout: &mut Layout, column| {
        layout.block(column, regular(7.0), [sender(seller).as_str()]);
        layout.space(6.0);
        layout.block(column, TEXT, order.record.address.lines().iter().map(String::as_str));
    };
    address_and_facts(layout, TEXT, address, &facts);
    layout.space(34.0);
    layout.block(full, bold(17.0), [format!("{} {number}", texts.invoice).as_str()]);
    layout.space(10.0);
}

fn first(order: &Order, kind: TimelineKind) -> Option<Timestamp> {
    order.timeline.iter().find(|entry| entry.kind == kind).map(|entry| entry.at)
}

fn items(layout: &mut Layout, texts: &Texts, cart: &CartSnapshot) {
    let headings = [texts.item, texts.quantity, texts.unit_price, texts.tax_rate, texts.amount];
    let cells: Vec<_> = ITEMS.iter().zip(headings).map(|(column, heading)| (*column, STRONG, heading)).collect();
    layout.row(&cells);
    layout.rule();
    for line in &cart.lines {
        let (quantity, unit, amount) =
            (line.quantity.get().to_string(), texts.money(line.unit_price), texts.money(line.subtotal));
        let cells = [&item(line), &quantity, &unit, &line.tax_label, &amount];
        let cells: Vec<_> = ITEMS.iter().zip(cells).map(|(column, text)| (*column, TEXT, text.as_str())).collect();
        layout.row(&cells);
        layout.block(ITEMS[0], SMALL, [line.sku.as_str()]);
        layout.space(4.0);
    }
    layout.rule();
}

/// Returns the title of an item with its options.
pub(super) fn item(line: &CartLine) -> String {
    if line.option_values.is_empty() {
        return line.title.clone();
    }
    format!("{} ({})", line.title, line.option_values.join(", "))
}

fn totals(layout: &mut Layout, texts: &Texts, order: &Order) {
    let (cart, paid) = (&order.record.cart, &order.record.totals);
    let totals = &cart.totals;
    let mut rows = vec![(texts.subtotal.to_owned(), texts.money(totals.subtotal), TEXT)];
    if !totals.discount.is_zero() {
        rows.push((texts.discount.to_owned(), texts.negative(totals.discount), TEXT));
    }
    rows.push((format!("{} ({})", texts.delivery, cart.shipping.label), texts.money(totals.shipping), TEXT));
    if !totals.tax_included && !totals.tax.is_zero() {
        rows.push((texts.tax_added.to_owned(), texts.money(totals.tax), TEXT));
    }
    rows.push((texts.total.to_owned(), texts.money(totals.total), bold(11.0)));
    if totals.tax_included && !totals.tax.is_zero() {
        rows.push((texts.tax_included.to_owned(), texts.money(totals.tax), TEXT));
    }
    rows.push((texts.paid.to_owned(), texts.money(paid.captured), TEXT));
    if !paid.refunded.is_zero() {
        rows.push((texts.refunded.to_owned(), texts.money(paid.refunded), TEXT));
    }
    for (label, amount, style) in &rows {
        layout.row(&[(TOTALS[0], *style, label), (TOTALS[1], *style, amount)]);
    }
}

/// Lists the amounts and the tax of each rate. Delivery is taxed apart, and has a row of its own.
fn taxes(layout: &mut Layout, texts: &Texts, cart: &CartSnapshot) {
    if cart.totals.tax.is_zero() {
        return;
    }
    // By rate, since two rates may have the same label.
    let mut by_rate: BTreeMap<i64, (String, Money, Money)> = BTreeMap::new();
    for line in &cart.lines {
        let zero = line.total.currency.zero();
        let (_, gross, tax) =
            by_rate.entry(line.tax_rate.millionths().into()).or_insert_with(|| (line.tax_label.clone(), zero, zero));
        gross.amount += line.total.amount;
        tax.amount += line.tax.amount;
    }
    let delivery = (texts.delivery.to_owned(), cart.shipping.total, cart.shipping.tax);
    layout.space(14.0);
    let headings = [texts.tax_rate, texts.net, texts.tax, texts.gross];
    let cells: Vec<_> = TAXES.iter().zip(headings).map(|(column, heading)| (*column, STRONG, heading)).collect();
    layout.row(&cells);
    for (label, gross, tax) in by_rate.into_values().chain(Some(delivery).filter(|(_, gross, _)| !gross.is_zero())) {
        let net = gross.currency.minor(gross.amount - tax.amount);
        let cells = [label, texts.money(net), texts.money(tax), texts.money(gross)];
        let cells: Vec<_> = TAXES.iter().zip(&cells).map(|(column, text)| (*column, TEXT, text.as_str())).collect();
        layout.row(&cells);
    }
}
