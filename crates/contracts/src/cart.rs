//! What cart says: the cart to the world, the priced snapshot to payment.

use crate::catalogue::Image;
use crate::shipping::{DeliveryDays, PlaceView};
use crate::{CartId, Country, Currency, Money, PlaceId, ProductId, Quantity, QuoteId, Rate, Sku};
use chassis::client::{CallError, ServiceClient};
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The shipping quote is of another cart, of other lines or another place, or no longer valid.
pub const QUOTE_STALE: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "quote-stale", "Ask for shipping again");
/// There is nothing in the cart.
pub const CART_EMPTY: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "cart-empty", "The cart is empty");
/// The cart has as many lines as it can hold.
pub const CART_FULL: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "cart-full", "The cart is full");

/// Adds to the cart.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineAddition {
    /// What.
    pub sku: Sku,
    /// How many more.
    pub quantity: Quantity,
}

/// Sets how many of a line are wanted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineChange {
    /// How many; 0 removes the line.
    #[schema(minimum = 0, maximum = 9999)]
    pub quantity: u32,
}

/// Asks what shipping costs.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CartQuoteRequest {
    /// Where to.
    pub place_id: PlaceId,
}

/// Chooses a way of shipping.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShippingChoice {
    /// The quote.
    pub quote_id: QuoteId,
    /// The option of it.
    pub option: String,
}

/// Enters a promotion code.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromotionChoice {
    /// The code, in whatever case.
    pub code: crate::SingleLineText<40>,
}

/// What a line costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartLine {
    /// The SKU.
    pub sku: Sku,
    /// Its product.
    pub product_id: ProductId,
    /// The product's handle.
    pub handle: String,
    /// The product's title.
    pub title: String,
    /// One value for each option.
    pub option_values: Vec<String>,
    /// Its picture.
    #[serde(alias = "picture")]
    pub image: Option<Image>,
    /// How many.
    pub quantity: Quantity,
    /// The price of one.
    pub unit_price: Money,
    /// The price of one before a reduction.
    pub compare_at_price: Option<Money>,
    /// `unit_price × quantity`.
    pub subtotal: Money,
    /// This line's part of the discount.
    pub discount: Money,
    /// The tax on `subtotal - discount`.
    pub tax: Money,
    /// What the customer pays for the line: `subtotal - discount`, plus tax when prices do not include it.
    pub total: Money,
    /// The tax rate.
    pub tax_rate: Rate,
    /// The tax rate, for people: `19%`.
    pub tax_label: String,
    /// Weight of one.
    pub weight_grams: u32,
    /// Whether as many as wanted can be bought.
    pub available: bool,
    /// The most that can be bought; null when as many as one likes.
    pub max_quantity: Option<u32>,
}

/// The promotion of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartPromotion {
    /// The code.
    pub code: String,
    /// What it gives.
    pub description: String,
    /// Whether it does, for this cart.
    pub applies: bool,
    /// Why not.
    pub reason: Option<String>,
}

/// The shipping of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartShipping {
    /// The quote it was chosen from.
    pub quote_id: QuoteId,
    /// The option.
    pub option: String,
    /// The option's name.
    pub label: String,
    /// Its price.
    pub price: Money,
    /// What of it is given away.
    pub discount: Money,
    /// The tax on it.
    pub tax: Money,
    /// What the customer pays for it.
    pub total: Money,
    /// Where to.
    pub place: PlaceView,
    /// How long it takes.
    pub estimated_days: DeliveryDays,
    /// Until when the price holds.
    pub expires_at: Timestamp,
}

/// What a cart costs. `total` is what is paid: the sum of the lines' totals and of shipping's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    /// Sum of the lines before discounts.
    pub subtotal: Money,
    /// All that is given away, shipping included.
    pub discount: Money,
    /// Shipping before discounts.
    pub shipping: Money,
    /// All tax.
    pub tax: Money,
    /// What is paid.
    pub total: Money,
    /// Whether the tax is contained in the prices, or comes on top of them.
    pub tax_included: bool,
}

/// What changed in a cart without the customer's doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// A price is another than when it was last shown.
    PriceChanged,
    /// A product is no longer for sale; its line is gone.
    Unavailable,
    /// Fewer are left than are wanted.
    QuantityReduced,
    /// The promotion no longer applies.
    PromotionDropped,
    /// The shipping must be chosen again.
    ShippingDropped,
}

/// What changed in a cart without the customer's doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartChange {
    /// What.
    pub kind: ChangeKind,
    /// Of which SKU.
    pub sku: Option<Sku>,
    /// For people.
    pub message: String,
}

/// A cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartView {
    /// Its id; null before anything was put into it.
    pub id: Option<CartId>,
    /// Grows with every change.
    pub version: i64,
    /// The shop's currency.
    pub currency: Currency,
    /// What is in it.
    pub lines: Vec<CartLine>,
    /// The promotion entered.
    pub promotion: Option<CartPromotion>,
    /// The shipping chosen.
    pub shipping: Option<CartShipping>,
    /// What it costs.
    pub totals: Totals,
    /// What changed since it was last looked at.
    pub changes: Vec<CartChange>,
    /// How many pieces are in it.
    pub item_count: u32,
}

/// A cart with everything payment needs to make an order of it. Same numbers as the customer saw, computed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartSnapshot {
    /// The cart.
    pub cart_id: CartId,
    /// Its version.
    pub version: i64,
    /// The lines.
    pub lines: Vec<CartLine>,
    /// The promotion that applies.
    pub code: Option<String>,
    /// The shipping chosen.
    pub shipping: CartShipping,
    /// What it costs.
    pub totals: Totals,
}

/// Asks for the snapshot of a session's cart.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SnapshotRequest {
    /// Whose cart, as in a session's subject.
    pub owner: String,
    /// The country of the address given at checkout.
    pub country: Country,
}

/// Calls cart.
#[derive(Clone)]
pub struct CartClient(pub ServiceClient);

impl CartClient {
    /// The priced snapshot of a session's cart.
    ///
    /// # Errors
    /// [`CART_EMPTY`], [`QUOTE_STALE`], [`crate::catalogue::OUT_OF_STOCK`], or [`CallError`].
    pub async fn snapshot(&self, request: &SnapshotRequest) -> Result<CartSnapshot, CallError> {
        self.0.post("/internal/carts/snapshot", request).await
    }
}
