//! The cart: lines, a promotion code and chosen shipping, without prices.

use chassis::Problem;
use chassis::secret::sha256_hex;
use contracts::cart::CART_FULL;
use contracts::events::{EventLine, OrderPlaced};
use contracts::shipping::{BoundQuote, PlaceView, ShippingOption};
use contracts::{CartId, Destination, Money, Quantity, QuoteId, Sku};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The maximum number of lines in a cart.
pub const MAX_LINES: usize = 100;
/// The number of merged guest carts that a cart keeps track of; the oldest is dropped.
const MAX_MERGED_CARTS: usize = 16;

/// A SKU to be merged was added after the prices were requested, so its stock is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingPrice;

/// The cart of one owner, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cart {
    /// The cart's id. After a purchase the remaining lines are in a cart with a new id.
    pub id: CartId,
    /// The number of changes; 0 for a cart that was never stored.
    pub version: i64,
    /// The lines in the order in which they were added.
    pub lines: Vec<Line>,
    /// The promotion code in upper case.
    pub code: Option<String>,
    pub shipping: Option<ChosenShipping>,
    /// The guest carts that were merged into this one, the latest last.
    pub merged: Vec<MergedCart>,
}

/// A guest's cart that was merged into an account's cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedCart {
    pub id: CartId,
    /// The units of each SKU that the merge added: fewer than the guest had where stock or the cart's size limited it.
    pub added: Vec<(Sku, u32)>,
}

/// A SKU in a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub sku: Sku,
    pub quantity: Quantity,
    /// The title when the line was added, shown when the product is no longer for sale.
    pub title: String,
    /// The price that the customer saw last.
    pub seen_price: Option<Money>,
}

/// A shipping option together with what it was quoted for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenShipping {
    pub quote_id: QuoteId,
    /// The cart that was quoted.
    pub cart_id: CartId,
    /// The digest of the lines that were quoted.
    pub lines_digest: String,
    pub place: PlaceView,
    /// True if the place was estimated, because the address names no known one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
    /// The fields of the address that were quoted; `None` when a place was quoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<Destination>,
    pub option: ShippingOption,
    /// The price of the least expensive option of the quote; absent in carts of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_price: Option<Money>,
    /// The end of the price's validity.
    pub expires_at: Timestamp,
}

impl ChosenShipping {
    /// Takes the option with this name from a quote.
    pub fn from_quote(bound: BoundQuote, option: &str) -> Option<Self> {
        let least_price = bound.quote.options.iter().map(|option| option.price).min_by_key(|price| price.amount);
        let option = bound.quote.options.into_iter().find(|known| known.option == option)?;
        Some(Self {
            quote_id: bound.quote.quote_id,
            cart_id: bound.cart_id,
            lines_digest: bound.lines_digest,
            place: bound.quote.place,
            estimated: bound.quote.estimated,
            destination: bound.quote.destination,
            option,
            least_price,
            expires_at: bound.quote.expires_at,
        })
    }

    /// True while the quote has not expired and the cart has the lines that were quoted.
    pub fn is_valid_for(&self, cart: &Cart, now: Timestamp) -> bool {
        self.cart_id == cart.id && self.expires_at > now && self.lines_digest == cart.lines_digest()
    }
}

impl Cart {
    /// Creates an empty cart.
    pub const fn empty(id: CartId) -> Self {
        Self { id, version: 0, lines: Vec::new(), code: None, shipping: None, merged: Vec::new() }
    }

    /// Returns the number of units of a SKU.
    pub fn quantity_of(&self, sku: &Sku) -> u32 {
        self.lines.iter().find(|line| line.sku == *sku).map_or(0, |line| line.quantity.get())
    }

    /// Returns the SKUs of all lines.
    pub fn skus(&self) -> Vec<Sku> {
        self.lines.iter().map(|line| line.sku.clone()).collect()
    }

    /// Adds a line, or replaces the line with the same SKU.
    ///
    /// # Errors
    /// 409 when the cart already has [`MAX_LINES`] other lines.
    pub fn set(&mut self, line: Line) -> Result<(), Problem> {
        let is_full = self.lines.len() >= MAX_LINES;
        match self.lines.iter_mut().find(|known| known.sku == line.sku) {
            Some(known) => *known = line,
            None if is_full => {
                return Err(CART_FULL.detail(format!("A cart can contain at most {MAX_LINES} different products.")));
            }
            None => self.lines.push(line),
        }
        Ok(())
    }

    /// Removes the line with this SKU, if there is one.
    pub fn remove(&mut self, sku: &Sku) {
        self.lines.retain(|line| line.sku != *sku);
    }

    /// Adds the lines of a guest's cart: quantities are summed up to `stock_limit`, and lines that exceed the cart's size
    /// are dropped. A cart that was merged before changes nothing.
    ///
    /// # Errors
    /// When `stock_limit` does not know one of the SKUs; the cart may then be merged in part and must be discarded.
    pub fn merge(
        &mut self,
        guest: Self,
        stock_limit: impl Fn(&Sku) -> Result<Option<u32>, MissingPrice>,
    ) -> Result<(), MissingPrice> {
        // Login may be repeated, for example after a lost response.
        if self.cart_ids().any(|id| id == guest.id) {
            return Ok(());
        }
        let mut added = Vec::new();
        for line in guest.lines {
            let (sku, before) = (line.sku.clone(), self.quantity_of(&line.sku));
            // Neither exceeds Quantity::MAX, so the sum cannot overflow.
            let sum = (before + line.quantity.get()).min(Quantity::MAX);
            // Low stock never reduces what the account's cart had before the merge.
            let limited = stock_limit(&sku)?.map_or(sum, |limit| sum.min(limit.max(before)));
            if let Some(quantity) = Quantity::new(limited) {
                // The only error is a full cart, which keeps its own lines: login must not fail because of it.
                let _ = self.set(Line { quantity, ..line });
            }
            added.push((sku.clone(), self.quantity_of(&sku) - before));
        }
        // The account's own code wins, because only one can apply.
        self.code = self.code.take().or(guest.code);
        self.merged.push(MergedCart { id: guest.id, added });
        if self.merged.len() > MAX_MERGED_CARTS {
            self.merged.remove(0);
        }
        Ok(())
    }

    /// Returns the ids of the carts whose lines are in this one: its own id, and those of merged guest carts.
    pub fn cart_ids(&self) -> impl Iterator<Item = CartId> {
        std::iter::once(self.id).chain(self.merged.iter().map(|merged| merged.id))
    }

    /// Removes the units that were ordered from `cart`, one of [`cart_ids`](Self::cart_ids); `None` when no line is left.
    ///
    /// When this cart itself was ordered, the remaining lines get the id `next_id`, because an id can be paid only once.
    /// When a merged guest cart was ordered, the cart keeps its id, for which a payment may be in progress.
    #[must_use]
    pub fn after_purchase(mut self, purchase: &Purchase, next_id: CartId) -> Option<Self> {
        let index = self.merged.iter().position(|merged| merged.id == purchase.cart);
        let merged = index.map(|index| self.merged.remove(index));
        for (sku, quantity) in &purchase.lines {
            // Of a merged cart's order, no more units are removed than the merge added: the others are the account's.
            let limit = merged.as_ref().map_or(u32::MAX, |merged| {
                merged.added.iter().find(|(added, _)| added == sku).map_or(0, |(_, units)| *units)
            });
            self.reduce(sku, quantity.get().min(limit));
        }
        if self.lines.is_empty() {
            return None;
        }
        if merged.is_some() {
            self.version += 1;
            return Some(self);
        }
        let Self { lines, mut merged, .. } = self;
        for (sku, added) in merged.iter_mut().flat_map(|merged| &mut merged.added) {
            // Units ordered with this cart must not be removed again by a late event about the guest's own order.
            *added = lines.iter().find(|line| line.sku == *sku).map_or(0, |line| line.quantity.get().min(*added));
        }
        // Version 0 would stand for a cart that was never stored.
        Some(Self { lines, merged, version: 1, ..Self::empty(next_id) })
    }

    fn reduce(&mut self, sku: &Sku, units: u32) {
        let remaining = self.quantity_of(sku).saturating_sub(units);
        match (self.lines.iter_mut().find(|line| line.sku == *sku), Quantity::new(remaining)) {
            (Some(line), Some(quantity)) => line.quantity = quantity,
            _ => self.remove(sku),
        }
    }

    /// Returns a digest of SKUs and quantities, independent of their order, to which a shipping quote is bound.
    pub fn lines_digest(&self) -> String {
        let mut lines: Vec<(&str, u32)> =
            self.lines.iter().map(|line| (line.sku.as_str(), line.quantity.get())).collect();
        // The weight and so the price do not depend on the order.
        lines.sort_unstable();
        sha256_hex(serde_json::to_string(&lines).unwrap_or_default().as_bytes())
    }
}

/// The units that a customer has ordered from a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// The id that the cart had at checkout.
    pub cart: CartId,
    /// The ordered SKUs and quantities.
    pub lines: Vec<(Sku, Quantity)>,
}

impl Purchase {
    /// Creates it from the lines of an event.
    pub fn new(cart: CartId, lines: &[EventLine]) -> Self {
        Self { cart, lines: lines.iter().map(|line| (line.sku.clone(), line.quantity)).collect() }
    }
}

impl From<&OrderPlaced> for Purchase {
    fn from(order: &OrderPlaced) -> Self {
        Self::new(order.cart_id, &order.lines)
    }
}
