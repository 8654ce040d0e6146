//! What is shown of a cart, to its owner and to payment.

use super::{Line, Model, holds};
use crate::model::bill::{Entry, Item, Sums, bill};
use crate::model::world::{code as code_name, shipping_tax_rate, tariff, tax_rate};
use contracts::cart::ChangeKind;

/// A cart as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    pub cart: Option<usize>,
    pub version: i64,
    pub pieces: u32,
    /// The SKU, how many, what one costs, what all cost, and whether they can be had.
    pub lines: Vec<(usize, u32, i64, Entry, bool)>,
    /// The code, and whether it applies.
    pub code: Option<(String, bool)>,
    pub shipping: Option<(usize, bool, Entry)>,
    pub sums: Sums,
    pub changes: Vec<(ChangeKind, Option<usize>)>,
}

impl Model {
    /// The owner's cart as it is shown.
    pub fn show(&self, owner: usize) -> Shown {
        let Some(cart) = self.carts.get(&owner) else { return Shown::default() };
        let sold = self.sold(cart);
        let code =
            cart.code.map(|number| self.world.codes[number].filter(|code| self.is_usable(code, self.subtotal(owner))));
        // Taxes are those of the place that was chosen last, even when shipping must be chosen again.
        let place = cart.shipping.map_or(0, |(quote, _)| self.quotes[quote].place);
        let chosen = cart.shipping.filter(|(quote, _)| holds(&self.quotes[*quote], cart, self.world.now));
        let parcel = chosen.map(|(quote, express)| Item {
            subtotal: tariff(self.quotes[quote].grams, place, express),
            rate: shipping_tax_rate(place),
        });
        let items: Vec<Item> =
            sold.iter().map(|line| Item { subtotal: self.comes_to(line), rate: tax_rate(line.sku, place) }).collect();
        let gift = code.flatten().map(|code| code.gift);
        let (entries, parcel, sums) = bill(&items, parcel, gift, self.world.prices_include_tax);
        let line = |(line, entry): (&Line, Entry)| {
            (line.sku, line.quantity, self.world.goods[line.sku].price, entry, !self.is_short(line))
        };
        let mut changes: Vec<_> = cart.lines.iter().filter_map(|line| self.change_of(line)).collect();
        changes.extend((chosen != cart.shipping).then_some((ChangeKind::ShippingDropped, None)));
        changes.extend(matches!(code, Some(None)).then_some((ChangeKind::PromotionDropped, None)));
        Shown {
            cart: Some(cart.number),
            version: cart.version,
            pieces: sold.iter().map(|line| line.quantity).sum(),
            lines: sold.iter().zip(entries).map(line).collect(),
            code: cart.code.map(|number| (code_name(number), gift.is_some())),
            shipping: chosen.zip(parcel).map(|((quote, express), entry)| (quote, express, entry)),
            sums,
            changes,
        }
    }

    fn is_short(&self, line: &Line) -> bool {
        self.world.goods[line.sku].left.is_some_and(|left| left < line.quantity)
    }

    fn change_of(&self, line: &Line) -> Option<(ChangeKind, Option<usize>)> {
        let good = self.world.goods[line.sku];
        let kind = if !good.for_sale {
            ChangeKind::Unavailable
        } else if self.is_short(line) {
            ChangeKind::QuantityReduced
        } else if good.price != line.seen {
            ChangeKind::PriceChanged
        } else {
            return None;
        };
        Some((kind, Some(line.sku)))
    }

    /// The owner's cart as payment is told it, for an address in the country of this place.
    pub fn snapshot(&self, owner: usize, place: usize) -> Result<Shown, &'static str> {
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
        Ok(Shown { code: shown.code.filter(|(_, applies)| *applies), changes: Vec::new(), ..shown })
    }
}
