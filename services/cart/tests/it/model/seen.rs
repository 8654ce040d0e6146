//! Answers of cart, in the words of the model.

use super::bill::{Entry, Sums};
use super::shop::Shown;
use super::world::{number_of, quote_id};
use contracts::CartId;
use contracts::cart::{CartChange, CartLine, CartPromotion, CartShipping, CartSnapshot, CartView, Totals};

/// The cart's id, and all else that an answer shows of it.
pub fn seen(view: &CartView) -> (Option<CartId>, Shown) {
    let change = |change: &CartChange| (change.kind, change.sku.as_ref().map(|sku| number_of(sku.as_str())));
    let shown = Shown {
        cart: None,
        version: view.version,
        pieces: view.item_count,
        lines: view.lines.iter().map(line).collect(),
        code: view.promotion.as_ref().map(|CartPromotion { code, applies, .. }| (code.clone(), *applies)),
        shipping: view.shipping.as_ref().map(parcel),
        sums: sums(&view.totals),
        changes: view.changes.iter().map(change).collect(),
    };
    (view.id, shown)
}

/// The same of what payment is told.
pub fn in_snapshot(snapshot: &CartSnapshot) -> (Option<CartId>, Shown) {
    let shown = Shown {
        cart: None,
        version: snapshot.version,
        pieces: snapshot.lines.iter().map(|line| line.quantity.get()).sum(),
        lines: snapshot.lines.iter().map(line).collect(),
        code: snapshot.code.clone().map(|code| (code, true)),
        shipping: Some(parcel(&snapshot.shipping)),
        sums: sums(&snapshot.totals),
        changes: Vec::new(),
    };
    (Some(snapshot.cart_id), shown)
}

fn line(line: &CartLine) -> (usize, u32, i64, Entry, bool) {
    let entry = Entry {
        price: line.subtotal.amount,
        discount: line.discount.amount,
        tax: line.tax.amount,
        total: line.total.amount,
    };
    (number_of(line.sku.as_str()), line.quantity.get(), line.unit_price.amount, entry, line.available)
}

fn parcel(shipping: &CartShipping) -> (usize, bool, Entry) {
    let entry = Entry {
        price: shipping.price.amount,
        discount: shipping.discount.amount,
        tax: shipping.tax.amount,
        total: shipping.total.amount,
    };
    let number = (0..).find(|number| quote_id(*number) == shipping.quote_id.to_string()).unwrap();
    (number, shipping.option == "express", entry)
}

fn sums(totals: &Totals) -> Sums {
    Sums {
        subtotal: totals.subtotal.amount,
        discount: totals.discount.amount,
        shipping: totals.shipping.amount,
        tax: totals.tax.amount,
        total: totals.total.amount,
    }
}
