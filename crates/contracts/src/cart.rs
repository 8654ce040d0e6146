//! The cart API, and the priced snapshot of a cart for payment.

use crate::catalogue::{Image, WithdrawalException};
use crate::shipping::{DeliveryDays, PlaceView};
use crate::{
    CartId, Country, Currency, Destination, Language, Money, PlaceId, ProductId, Quantity, QuoteId, Rate, Sku,
};
use chassis::client::{CallError, ServiceClient};
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The shipping quote has expired, or was made for another cart, other lines or another address. `errors` has pointers to
/// the fields of the address that differ.
pub const QUOTE_STALE: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "quote-stale", "Shipping quote outdated");
/// The cart has no lines.
pub const CART_EMPTY: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "cart-empty", "Cart is empty");
/// The cart has reached the largest number of lines.
pub const CART_FULL: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "cart-full", "Cart is full");

/// Units of a SKU to add to the cart.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "sku": "MUG-BLUE-330", "quantity": 2 }))]
pub struct LineAddition {
    /// The SKU of the variant to add.
    pub sku: Sku,
    /// The number of units to add to those already in the cart.
    pub quantity: Quantity,
}

/// The new quantity of a cart line.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "quantity": 3 }))]
pub struct LineChange {
    /// The number of units in the cart, at most 9999; 0 removes the line.
    // A `Quantity` is at least 1, but 0 has a meaning here.
    #[schema(minimum = 0, maximum = 9999)]
    pub quantity: u32,
}

/// A request for the shipping options of the cart to an address. The place is derived from the address, and is chosen with
/// `place_id` only when several places have its name. A place without an address may be quoted too: it can be used for
/// addresses whose city has exactly the name of the place.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "address": { "country": "DE", "city": "Hamburg", "postal_code": "20095" } }))]
pub struct CartQuoteRequest {
    /// The fields of the delivery address that decide on the price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Destination>,
    /// The place, as an id from the place search or from `ambiguous-place`; absent to derive it from the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place_id: Option<PlaceId>,
}

/// A choice of a shipping option from a quote.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "quote_id": "0193a5c2-7b1e-7c44-9d0a-3f6e2b815c77", "option": "standard" }))]
pub struct ShippingChoice {
    /// The id of the quote that contains the option.
    pub quote_id: QuoteId,
    /// The name of the option within the quote, such as `standard` or `express`.
    pub option: String,
}

/// A promotion code to apply to the cart.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "code": "WELCOME10" }))]
pub struct PromotionChoice {
    /// The promotion code, regardless of case, 1 to 40 characters.
    pub code: crate::SingleLineText<40>,
}

/// A line of a cart or order with its prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartLine {
    /// The SKU of the variant.
    pub sku: Sku,
    /// The id of its product.
    pub product_id: ProductId,
    /// The handle of its product.
    pub handle: String,
    /// The title of its product.
    pub title: String,
    /// The value for each option of the product, in the same order.
    pub option_values: Vec<String>,
    /// The image of the variant or its product; null without one.
    // Orders that earlier versions stored contain the alias.
    #[serde(alias = "picture")]
    pub image: Option<Image>,
    /// The number of units.
    pub quantity: Quantity,
    /// The price of one unit.
    pub unit_price: Money,
    /// The former price of one unit; null when the variant is not reduced.
    pub compare_at_price: Option<Money>,
    /// The price of all units before discounts, `unit_price × quantity`.
    pub subtotal: Money,
    /// The part of the cart's discount that is allocated to this line.
    pub discount: Money,
    /// The tax on `subtotal - discount`, rounded half to even.
    pub tax: Money,
    /// The amount to pay for the line: `subtotal - discount`, plus tax if prices exclude tax.
    pub total: Money,
    /// The tax rate of the line in millionths.
    pub tax_rate: Rate,
    /// The tax rate as text for display, such as `19%`.
    pub tax_label: String,
    /// The weight of one unit in grams.
    pub weight_grams: u32,
    /// True if the whole quantity can be bought.
    pub available: bool,
    /// The largest quantity that can be bought; null for no limit.
    pub max_quantity: Option<u32>,
    /// The reason why consumers cannot withdraw from the purchase of the item, or only while it is sealed; absent when they can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawal_exception: Option<WithdrawalException>,
}

/// The promotion code of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartPromotion {
    /// The promotion code in upper case.
    pub code: String,
    /// The description of the promotion; empty when the code does not apply.
    pub description: String,
    /// True if the promotion applies to this cart.
    pub applies: bool,
    /// The reason, for the customer, why the code does not apply; null when it does.
    pub reason: Option<String>,
}

/// The shipping option chosen for a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartShipping {
    /// The id of the quote that the option was chosen from.
    pub quote_id: QuoteId,
    /// The name of the option, such as `standard`.
    pub option: String,
    /// The name of the option for display.
    pub label: String,
    /// The price of shipping before discounts.
    pub price: Money,
    /// The discount on the price of shipping.
    pub discount: Money,
    /// The tax on `price - discount`, rounded half to even.
    pub tax: Money,
    /// The amount to pay for shipping: `price - discount`, plus tax if prices exclude tax.
    pub total: Money,
    /// The amount to pay for the least expensive option that was offered, which a withdrawal refunds; absent in orders of earlier
    /// versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_total: Option<Money>,
    /// The destination of the shipment; when it is estimated, the largest place of the region or country.
    pub place: PlaceView,
    /// True if the address names no known place, so that the price is that of the most expensive place of its region.
    #[serde(default)]
    pub estimated: bool,
    /// The fields of the address that were quoted; absent when a place was quoted. Another address needs a new quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<Destination>,
    /// The estimated delivery time in days.
    pub estimated_days: DeliveryDays,
    /// The time when the quoted price expires (UTC, RFC 3339).
    pub expires_at: Timestamp,
}

/// The totals of a cart or order. All amounts are in the shop's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    /// The sum of all line subtotals, before discounts.
    pub subtotal: Money,
    /// The sum of all discounts, including those on shipping.
    pub discount: Money,
    /// The price of shipping before discounts; zero while no shipping option is chosen.
    pub shipping: Money,
    /// The sum of all taxes on lines and shipping.
    pub tax: Money,
    /// The amount to pay: the sum of the totals of all lines and of shipping.
    pub total: Money,
    /// True if the prices include `tax`, false if it is added to them.
    pub tax_included: bool,
}

/// The kind of a change that a cart underwent since the customer last saw it.
///
/// - `price_changed`: the price of a variant changed
/// - `unavailable`: a product is no longer for sale, and its line was removed
/// - `quantity_reduced`: fewer units are available than the line asks for
/// - `promotion_dropped`: the promotion code no longer applies
/// - `shipping_dropped`: the shipping option must be chosen again
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// The price of a variant changed.
    PriceChanged,
    /// A product is no longer for sale, and its line was removed.
    Unavailable,
    /// Fewer units are available than the line asks for.
    QuantityReduced,
    /// The promotion code no longer applies.
    PromotionDropped,
    /// The shipping option must be chosen again.
    ShippingDropped,
}

/// A change that a cart underwent since the customer last saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartChange {
    /// The kind of the change.
    pub kind: ChangeKind,
    /// The SKU that changed; null for changes of promotion or shipping.
    pub sku: Option<Sku>,
    /// A description of the change for the customer.
    pub message: String,
}

/// A cart with current prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartView {
    /// The unique id of the cart; null until the first line is added.
    pub id: Option<CartId>,
    /// The version of the cart, which increases with every change.
    pub version: i64,
    /// The currency of the shop (ISO 4217).
    pub currency: Currency,
    /// The lines of the cart, in the order in which they were added.
    pub lines: Vec<CartLine>,
    /// The promotion code of the cart; null when none was entered.
    pub promotion: Option<CartPromotion>,
    /// The chosen shipping option; null when none is chosen.
    pub shipping: Option<CartShipping>,
    /// The totals of the cart.
    pub totals: Totals,
    /// The changes since the customer last saw the cart.
    pub changes: Vec<CartChange>,
    /// The total number of units in the cart.
    pub item_count: u32,
}

/// A cart with verified prices, from which payment creates an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartSnapshot {
    /// The unique id of the cart.
    pub cart_id: CartId,
    /// The version of the cart at the time of the snapshot.
    pub version: i64,
    /// The lines of the cart with their prices.
    pub lines: Vec<CartLine>,
    /// The promotion code that applies; null when none does.
    pub code: Option<String>,
    /// The chosen shipping option.
    pub shipping: CartShipping,
    /// The totals of the cart.
    pub totals: Totals,
}

/// A request for the snapshot of a session's cart.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SnapshotRequest {
    /// The subject of the session that owns the cart.
    pub owner: String,
    /// The country of the delivery address (ISO 3166-1 alpha-2), which decides on taxes.
    pub country: Country,
    /// The fields of the accepted delivery address that decide on the price of shipping.
    // Absent in requests of an earlier version, which compared the country only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<Destination>,
    /// The language of titles and option values; null for the shop's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
}

/// A client for the cart service.
#[derive(Clone)]
pub struct CartClient(pub ServiceClient);

impl CartClient {
    /// Returns the priced snapshot of a session's cart.
    ///
    /// # Errors
    /// [`CART_EMPTY`], [`QUOTE_STALE`], [`crate::catalogue::OUT_OF_STOCK`], [`crate::catalogue::SHOP_NOT_OPEN`], or
    /// [`CallError`].
    pub async fn snapshot(&self, request: &SnapshotRequest) -> Result<CartSnapshot, CallError> {
        self.0.post("/internal/carts/snapshot", request).await
    }
}
