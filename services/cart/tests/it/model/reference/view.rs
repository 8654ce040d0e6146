//! The views of a cart that the model expects: for its owner and for payment.

use super::{Line, Model, holds};
use crate::model::scenario::{code as code_name, shipping_price, shipping_tax_rate, tax_rate};
use crate::model::totals::{Amounts, ExpectedTotals, Taxable, calculate};
use contracts::cart::ChangeKind;

/// The expected view of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExpectedView {
    pub cart: Option<usize>,
    pub version: i64,
    pub units: u32,
    /// SKU, quantity, unit price, amounts, availability.
    pub lines: Vec<(usize, u32, i64, Amounts, bool)>,
    /// The code, and true when it applies.
    pub code: Option<(String, bool)>,
    pub shipping: Option<(usize, bool, Amounts)>,
    pub totals: ExpectedTotals,
    pub changes: Vec<(ChangeKind, Option<usize>)>,
}

impl Model {
    /// Returns the view of the owner's cart.
    pub fn show(&self, owner: usize) -> ExpectedView {
        let Some(cart) = self.carts.get(&owner) else { return ExpectedView::default() };
        let sold = self.sold(cart);
        let code = cart
            .code
            .map(|number| self.scenario.codes[number].filter(|code| self.is_usable(code, self.subtotal(owner))));
        // Tax follows the last chosen place, even when its quote is no longer valid.
        let place = cart.shipping.map_or(0, |(quote, _)| self.quotes[quote].place);
        let chosen = cart.shipping.filter(|(quote, _)| holds(&self.quotes[*quote], cart, self.scenario.now));
        let shipping = chosen.map(|(quote, express)| Taxable {
            subtotal: shipping_price(self.quotes[quote].weight_grams, place, express),
            rate: shipping_tax_rate(place),
        });
        let items: Vec<Taxable> = sold
            .iter()
            .map(|line| Taxable { subtotal: self.line_total(line), rate: tax_rate(line.sku, place) })
            .collect();
        let discount_kind = code.flatten().map(|code| code.discount_kind);
        let (entries, shipping, totals) = calculate(&items, shipping, discount_kind, self.scenario.prices_include_tax);
        let line = |(line, entry): (&Line, Amounts)| {
            (line.sku, line.quantity, self.scenario.products[line.sku].price, entry, !self.is_short(line))
        };
        let mut changes: Vec<_> = cart.lines.iter().filter_map(|line| self.change_of(line)).collect();
        changes.extend((chosen != cart.shipping).then_some((ChangeKind::ShippingDropped, None)));
        changes.extend(matches!(code, Some(None)).then_some((ChangeKind::PromotionDropped, None)));
        ExpectedView {
            cart: Some(cart.number),
            version: cart.version,
            units: sold.iter().map(|line| line.quantity).sum(),
            lines: sold.iter().zip(entries).map(line).collect(),
            code: cart.code.map(|number| (code_name(number), discount_kind.is_some())),
            shipping: chosen.zip(shipping).map(|((quote, express), entry)| (quote, express, entry)),
            totals,
            changes,
        }
    }

    fn is_short(&self, line: &Line) -> bool {
        self.scenario.products[line.sku].stock.is_some_and(|stock| stock < line.quantity)
    }

    fn change_of(&self, line: &Line) -> Option<(ChangeKind, Option<usize>)> {
        let product = self.scenario.products[line.sku];
        let kind = if !product.for_sale {
            ChangeKind::Unavailable
        } else if self.is_short(line) {
            ChangeKind::QuantityReduced
        } else if product.price != line.seen {
            ChangeKind::PriceChanged
        } else {
            return None;
        };
        Some((kind, Some(line.sku)))
    }

    /// Returns the snapshot for payment, for an address in the country of this place.
    pub fn snapshot(&self, owner: usize, place: usize) -> Result<ExpectedView, &'static str> {
        let shown = self.show(owner);
        if shown.lines.is_empty() {
            return Err("cart-empty");
        }
        if shown.lines.iter().any(|(.., available)| !available) {
            return Err("out-of-stock");
        }
        if shown.shipping.is_none_or(|(quote, ..)| self.quotes[quote].place != place) {
            return Err("quote-stale");
        }
        Ok(ExpectedView { code: shown.code.filter(|(_, applies)| *applies), changes: Vec::new(), ..shown })
    }
}
