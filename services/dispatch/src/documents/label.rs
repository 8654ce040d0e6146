//! Address labels for parcels whose carrier provides none.

use super::PdfFile;
use super::barcode;
use super::layout::{LABEL, Layout, bold, regular};
use super::pdf::{self, PdfError};
use super::texts::texts;
use crate::order::Order;
use contracts::catalogue::Seller;
use contracts::dispatch::OrderShipment;

const MARGIN: f32 = 20.0;
/// The height of the barcode in points: 15 millimetres.
const BARCODE_HEIGHT: f32 = 42.5;

/// Writes the address label of a shipment, of 100 by 150 millimetres. It is no postage: the label of the carrier replaces it.
///
/// # Errors
/// When the document cannot be written.
pub fn label(
    order: &Order,
    shipment: &OrderShipment,
    shop: &str,
    seller: Option<&Seller>,
) -> Result<PdfFile, PdfError> {
    let record = &order.record;
    let texts = texts(record.language);
    let mut layout = Layout::new(LABEL, MARGIN);
    let full = layout.full_width();
    layout.block(full, regular(7.5), [texts.from]);
    layout.block(full, bold(9.0), [seller.map_or(shop, |seller| seller.name.as_str())]);
    let sender = seller.into_iter().flat_map(|seller| &seller.address);
    layout.block(full, regular(9.0), sender.map(|line| line.as_str()));
    layout.space(8.0);
    layout.rule();
    layout.space(14.0);
    layout.block(full, regular(7.5), [texts.deliver_to]);
    layout.space(4.0);
    let lines = record.address.lines();
    layout.block(full, bold(16.0), lines.first().map(String::as_str));
    layout.block(full, regular(16.0), lines.iter().skip(1).map(String::as_str));
    if let Some(phone) = &record.address.phone {
        layout.block(full, regular(9.0), [format!("{}: {}", texts.phone, phone.as_str()).as_str()]);
    }
    layout.space(14.0);
    layout.rule();
    layout.space(8.0);
    layout.block(full, regular(7.5), [texts.shipment]);
    layout.block(full, bold(14.0), [shipment.number.as_str()]);
    if let Some(modules) = barcode::modules(&shipment.number) {
        layout.space(6.0);
        layout.barcode(&modules, BARCODE_HEIGHT);
        layout.space(6.0);
    }
    let order_number = format!("{} {}", texts.order_number, record.order_number);
    layout.block(full, regular(9.0), [order_number.as_str(), record.cart.shipping.label.as_str()]);
    let bytes = pdf::write(&layout, &shipment.number, record.language.as_str())?;
    Ok(PdfFile { name: format!("label-{}.pdf", shipment.number), bytes })
}
