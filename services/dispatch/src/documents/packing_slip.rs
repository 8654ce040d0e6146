//! Packing slips: the items of a shipment, without prices.

use super::PdfFile;
use super::invoice::item;
use super::layout::{A4, Align, Column, Layout, Style, bold, regular};
use super::letter::{MARGIN, address_and_facts};
use super::pdf::{self, PdfError};
use super::texts::texts;
use crate::order::Order;
use contracts::Sku;
use contracts::dispatch::{OrderShipment, ReturnLine};

const TEXT: Style = regular(10.5);
const STRONG: Style = bold(10.5);
/// The columns of the items: quantity, item, SKU.
const ITEMS: [Column; 3] = [
    Column { x: MARGIN, width: 50.0, align: Align::Left },
    Column { x: 115.0, width: 290.0, align: Align::Left },
    Column { x: 415.0, width: 124.0, align: Align::Left },
];

/// Writes the packing slip of a shipment in the language of the customer, who finds it in the parcel. Units that the
/// customer has withdrawn from are left out while they have not been shipped.
///
/// # Errors
/// When the document cannot be written.
pub fn packing_slip(order: &Order, shipment: &OrderShipment, shop: &str) -> Result<PdfFile, PdfError> {
    let record = &order.record;
    let texts = texts(record.language);
    let mut layout = Layout::new(A4, MARGIN);
    let full = layout.full_width();
    layout.block(full, bold(15.0), [shop]);
    layout.space(30.0);
    let live: Vec<&OrderShipment> = order.live_shipments().collect();
    let mut facts = vec![
        (texts.order_number, record.order_number.clone()),
        (texts.order_date, texts.date(record.placed_at)),
        (texts.delivery, record.cart.shipping.label.clone()),
        (texts.shipment, shipment.number.clone()),
    ];
    if let Some(index) = live.iter().position(|one| one.id == shipment.id).filter(|_| live.len() > 1) {
        facts.push((texts.parcel, format!("{} {} {}", index + 1, texts.of, live.len())));
    }
    let address = |layout: &mut Layout, column| {
        layout.block(column, STRONG, [texts.deliver_to]);
        layout.block(column, TEXT, record.address.lines().iter().map(String::as_str));
        if let Some(phone) = &record.address.phone {
            layout.block(column, TEXT, [format!("{}: {}", texts.phone, phone.as_str()).as_str()]);
        }
    };
    address_and_facts(&mut layout, TEXT, address, &facts);
    layout.space(30.0);
    layout.block(full, bold(17.0), [texts.packing_slip]);
    layout.space(10.0);
    layout.row(&[(ITEMS[0], STRONG, texts.quantity), (ITEMS[1], STRONG, texts.item), (ITEMS[2], STRONG, "SKU")]);
    layout.rule();
    for (sku, units) in units_to_pack(order, shipment) {
        let title = record.cart.lines.iter().find(|line| line.sku == sku).map(item).unwrap_or_default();
        let units = units.to_string();
        layout.row(&[(ITEMS[0], STRONG, &units), (ITEMS[1], TEXT, &title), (ITEMS[2], TEXT, sku.as_str())]);
        layout.space(4.0);
    }
    layout.rule();
    let title = format!("{} {}", texts.packing_slip, shipment.number);
    let bytes = pdf::write(&layout, &title, record.language.as_str())?;
    Ok(PdfFile { name: format!("packing-slip-{}.pdf", shipment.number), bytes })
}

/// Returns the units of a shipment to be packed. Withdrawn units are taken off the shipments that have not left, the first
/// one first.
fn units_to_pack(order: &Order, shipment: &OrderShipment) -> Vec<(Sku, u32)> {
    let mut withdrawn = order.withdrawn_units();
    let mut units = Vec::new();
    for one in order.live_shipments() {
        let lines = units_of(order, one).into_iter().map(|(sku, count)| {
            let count = if one.status.has_left() { count } else { count - take(&mut withdrawn, &sku, count) };
            (sku, count)
        });
        let lines: Vec<_> = lines.filter(|(_, count)| *count > 0).collect();
        if one.id == shipment.id {
            units = lines;
        }
    }
    units
}

/// Returns the units of a shipment. The one shipment of an order of an earlier version has everything.
fn units_of(order: &Order, shipment: &OrderShipment) -> Vec<(Sku, u32)> {
    if shipment.lines.is_empty() {
        return order.record.cart.lines.iter().map(|line| (line.sku.clone(), line.quantity.get())).collect();
    }
    shipment.lines.iter().map(|line| (line.sku.clone(), line.quantity.get())).collect()
}

/// Takes up to `most` units of a SKU off `lines`, and returns their number.
fn take(lines: &mut Vec<ReturnLine>, sku: &Sku, most: u32) -> u32 {
    let mut taken = 0;
    lines.retain_mut(|line| {
        if line.sku != *sku {
            return true;
        }
        let count = line.quantity.get().min(most - taken);
        taken += count;
        match contracts::Quantity::new(line.quantity.get() - count) {
            Some(rest) => line.quantity = rest,
            None => return false,
        }
        true
    });
    taken
}
