//! A cart: lines, a promotion code and a way of shipping, before any price is known.

use chassis::Problem;
use chassis::secret::sha256_hex;
use contracts::cart::CART_FULL;
use contracts::shipping::{BoundQuote, PlaceView, ShippingOption};
use contracts::{CartId, Money, Quantity, QuoteId, Sku};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many lines a cart holds.
pub const MOST_LINES: usize = 100;
const MERGES_REMEMBERED: usize = 16;

/// Nobody has said how many there may be of a SKU that is to be merged: it was put in after they were asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unasked;

/// A cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cart {
    /// Its id: a new one with every generation.
    pub id: CartId,
    /// Grows with every change; 0 before the first.
    pub version: i64,
    /// What is in it, in the order it was put in.
    pub lines: Vec<Line>,
    /// The promotion code, in capitals.
    pub code: Option<String>,
    /// The shipping chosen.
    pub shipping: Option<ChosenShipping>,
    /// Guest carts that were merged into it, the last ones.
    pub merged: Vec<MergedCart>,
}

/// A guest's cart within an account's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedCart {
    /// Its id.
    pub id: CartId,
    /// What it added: less than was in it where there was no room, or too little left.
    pub added: Vec<(Sku, u32)>,
}

/// A line of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What.
    pub sku: Sku,
    /// How many.
    pub quantity: Quantity,
    /// What it was called when it was put in, in case it disappears.
    pub title: String,
    /// The price the customer saw last.
    pub seen_price: Option<Money>,
}

/// A way of shipping, with what it was quoted for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenShipping {
    /// The quote.
    pub quote_id: QuoteId,
    /// The cart it was made for.
    pub cart_id: CartId,
    /// The lines it was made for.
    pub lines_digest: String,
    /// Where to.
    pub place: PlaceView,
    /// The option.
    pub option: ShippingOption,
    /// Until when the price holds.
    pub expires_at: Timestamp,
}

impl ChosenShipping {
    /// The option `name` of a quote.
    pub fn of(bound: BoundQuote, name: &str) -> Option<Self> {
        let option = bound.quote.options.into_iter().find(|option| option.option == name)?;
        Some(Self {
            quote_id: bound.quote.quote_id,
            cart_id: bound.cart_id,
            lines_digest: bound.lines_digest,
            place: bound.quote.place,
            option,
            expires_at: bound.quote.expires_at,
        })
    }

    /// Whether it still is about this cart, these lines and this moment.
    pub fn holds_for(&self, cart: &Cart, now: Timestamp) -> bool {
        self.cart_id == cart.id && self.expires_at > now && self.lines_digest == cart.lines_digest()
    }
}

impl Cart {
    /// An empty cart.
    pub const fn empty(id: CartId) -> Self {
        Self { id, version: 0, lines: Vec::new(), code: None, shipping: None, merged: Vec::new() }
    }

    /// How many of a SKU are in it.
    pub fn quantity_of(&self, sku: &Sku) -> u32 {
        self.lines.iter().find(|line| line.sku == *sku).map_or(0, |line| line.quantity.get())
    }

    /// All SKUs in it.
    pub fn skus(&self) -> Vec<Sku> {
        self.lines.iter().map(|line| line.sku.clone()).collect()
    }

    /// Sets how many of a SKU are wanted; none removes the line.
    ///
    /// # Errors
    /// 409 when the cart has no room for another line.
    pub fn set(&mut self, line: Line) -> Result<(), Problem> {
        let full = self.lines.len() >= MOST_LINES;
        match self.lines.iter_mut().find(|known| known.sku == line.sku) {
            Some(known) => *known = line,
            None if full => return Err(CART_FULL.detail(format!("A cart holds at most {MOST_LINES} lines."))),
            None => self.lines.push(line),
        }
        Ok(())
    }

    /// Removes a line, if it is there.
    pub fn remove(&mut self, sku: &Sku) {
        self.lines.retain(|line| line.sku != *sku);
    }

    /// Adds another cart's lines: quantities are summed, at most `cap` of each; what there is no room for is left out.
    /// A cart merged before changes nothing.
    ///
    /// # Errors
    /// When `cap` does not know one of the SKUs; then the cart may be merged in part.
    pub fn merge(&mut self, guest: Self, cap: impl Fn(&Sku) -> Result<Option<u32>, Unasked>) -> Result<(), Unasked> {
        if self.generations().any(|id| id == guest.id) {
            return Ok(());
        }
        let mut added = Vec::new();
        for line in guest.lines {
            let (sku, before) = (line.sku.clone(), self.quantity_of(&line.sku));
            let wanted = (before + line.quantity.get()).min(Quantity::MOST);
            let capped = cap(&sku)?.map_or(wanted, |most| wanted.min(most.max(before)));
            if let Some(quantity) = Quantity::new(capped) {
                // A full cart keeps what it has.
                let _ = self.set(Line { quantity, ..line });
            }
            added.push((sku.clone(), self.quantity_of(&sku) - before));
        }
        self.code = self.code.take().or(guest.code);
        self.merged.push(MergedCart { id: guest.id, added });
        if self.merged.len() > MERGES_REMEMBERED {
            self.merged.remove(0);
        }
        Ok(())
    }

    /// The carts whose lines are in it: itself, and guest carts merged into it.
    pub fn generations(&self) -> impl Iterator<Item = CartId> {
        std::iter::once(self.id).chain(self.merged.iter().map(|merged| merged.id))
    }

    /// What is left after these quantities of `cart`, one of its [`generations`](Self::generations), were bought; `None`
    /// when that is nothing. Bought itself, a cart goes on as the generation `next`, with what was added since. When it
    /// was a guest's cart merged into it, it stays the cart that it is, which may be about to be paid.
    #[must_use]
    pub fn after_purchase(mut self, cart: CartId, bought: &[(Sku, Quantity)], next: CartId) -> Option<Self> {
        let merged = self.merged.iter().position(|merged| merged.id == cart).map(|place| self.merged.remove(place));
        for (sku, quantity) in bought {
            let of_merged =
                |merged: &MergedCart| merged.added.iter().find(|(added, _)| added == sku).map_or(0, |it| it.1);
            self.take(sku, quantity.get().min(merged.as_ref().map_or(u32::MAX, of_merged)));
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
            // What was bought along is no longer theirs to take.
            *added = lines.iter().find(|line| line.sku == *sku).map_or(0, |line| line.quantity.get().min(*added));
        }
        Some(Self { lines, merged, version: 1, ..Self::empty(next) })
    }

    fn take(&mut self, sku: &Sku, quantity: u32) {
        let left = self.quantity_of(sku).saturating_sub(quantity);
        match (self.lines.iter_mut().find(|line| line.sku == *sku), Quantity::new(left)) {
            (Some(line), Some(quantity)) => line.quantity = quantity,
            _ => self.remove(sku),
        }
    }

    /// What a quote is bound to: the SKUs and quantities, whatever their order.
    pub fn lines_digest(&self) -> String {
        let mut lines: Vec<(&str, u32)> =
            self.lines.iter().map(|line| (line.sku.as_str(), line.quantity.get())).collect();
        lines.sort_unstable();
        sha256_hex(serde_json::to_string(&lines).unwrap_or_default().as_bytes())
    }
}
