//! Conversion of the service's responses into the model's views.

use super::reference::ExpectedView;
use super::scenario::{quote_id, sku_number};
use super::totals::{Amounts, ExpectedTotals};
use contracts::CartId;
use contracts::cart::{CartChange, CartLine, CartPromotion, CartShipping, CartSnapshot, CartView, Totals};

/// Returns the cart's id and the view that a response contains.
pub fn seen(view: &CartView) -> (Option<CartId>, ExpectedView) {
    let change = |change: &CartChange| (change.kind, change.sku.as_ref().map(|sku| sku_number(sku.as_str())));
    let shown = ExpectedView {
        cart: None,
        version: view.version,
        units: view.item_count,
        lines: view.lines.iter().map(line).collect(),
        code: view.promotion.as_ref().map(|CartPromotion { code, applies, .. }| (code.clone(), *applies)),
        shipping: view.shipping.as_ref().map(shipping),
        totals: totals(&view.totals),
        changes: view.changes.iter().map(change).collect(),
    };
    (view.id, shown)
}

/// Returns the cart's id and the view that a snapshot contains.
pub fn in_snapshot(snapshot: &CartSnapshot) -> (Option<CartId>, ExpectedView) {
    let shown = ExpectedView {
        cart: None,
        version: snapshot.version,
        units: snapshot.lines.iter().map(|line| line.quantity.get()).sum(),
        lines: snapshot.lines.iter().map(line).collect(),
        code: snapshot.code.clone().map(|code| (code, true)),
        shipping: Some(shipping(&snapshot.shipping)),
        totals: totals(&snapshot.totals),
        changes: Vec::new(),
    };
    (Some(snapshot.cart_id), shown)
}

fn line(line: &CartLine) -> (usize, u32, i64, Amounts, bool) {
    let entry = Amounts {
        price: line.subtotal.amount,
        discount: line.discount.amount,
        tax: line.tax.amount,
        total: line.total.amount,
    };
    (sku_number(line.sku.as_str()), line.quantity.get(), line.unit_price.amount, entry, line.available)
}

fn shipping(shipping: &CartShipping) -> (usize, bool, Amounts) {
    let entry = Amounts {
        price: shipping.price.amount,
        discount: shipping.discount.amount,
        tax: shipping.tax.amount,
        total: shipping.total.amount,
    };
    let number = (0..).find(|number| quote_id(*number) == shipping.quote_id.to_string()).unwrap();
    (number, shipping.option == "express", entry)
}

fn totals(totals: &Totals) -> ExpectedTotals {
    ExpectedTotals {
        subtotal: totals.subtotal.amount,
        discount: totals.discount.amount,
        shipping: totals.shipping.amount,
        tax: totals.tax.amount,
        total: totals.total.amount,
    }
}
