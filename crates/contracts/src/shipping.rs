//! What shipping says: places and tracking to the world, quotes to cart, shipments to dispatch.

use crate::{Address, CartId, Country, SingleLineText, Money, OrderId, PlaceId, QuoteId, ShipmentId};
use chassis::client::{CallError, ServiceClient};
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// No such place.
pub const UNKNOWN_PLACE: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "unknown-place", "No such place");
/// The quote does not exist or is no longer valid.
pub const UNKNOWN_QUOTE: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "unknown-quote", "No such quote");
/// The shop does not deliver there.
pub const NO_DELIVERY: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "no-delivery", "No delivery there");
/// The parcel has left and cannot be stopped.
pub const ALREADY_SHIPPED: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "already-shipped", "Already on its way");
/// The shipment was cancelled, perhaps before it was announced, and is not announced again.
pub const SHIPMENT_CANCELLED: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "shipment-cancelled", "Shipment cancelled");

/// A country the shop can ship to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CountryView {
    /// ISO 3166-1 alpha-2.
    pub code: Country,
    /// English name.
    pub name: String,
}

/// Countries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Countries {
    /// By name.
    pub items: Vec<CountryView>,
}

/// A town.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlaceView {
    /// GeoNames id.
    pub id: PlaceId,
    /// Its name.
    pub name: String,
    /// Its region; empty when it has none.
    pub region: String,
    /// Its country.
    pub country: Country,
}

/// Towns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Places {
    /// The likeliest first.
    pub items: Vec<PlaceView>,
}

/// How many days delivery takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryDays {
    /// At least.
    pub min: u32,
    /// At most.
    pub max: u32,
}

/// A way of shipping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShippingOption {
    /// Its name in requests: `standard`, `express`.
    pub option: String,
    /// Its name for people.
    pub label: String,
    /// Its price.
    pub price: Money,
    /// How long it takes.
    pub estimated_days: DeliveryDays,
}

/// What shipping costs. Kept by shipping; valid for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quote {
    /// Its id.
    pub quote_id: QuoteId,
    /// Where to.
    pub place: PlaceView,
    /// Until when the prices hold.
    pub expires_at: Timestamp,
    /// The ways of shipping.
    pub options: Vec<ShippingOption>,
}

/// Asks for a quote.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuoteRequest {
    /// For which cart.
    pub cart_id: CartId,
    /// Digest of the lines: a quote is good for these alone.
    pub lines_digest: String,
    /// Where to.
    pub place_id: PlaceId,
    /// What it weighs.
    pub weight_grams: u64,
    /// The currency to quote in.
    pub currency: crate::Currency,
}

/// A quote with what it is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BoundQuote {
    /// The quote.
    pub quote: Quote,
    /// The cart it was made for.
    pub cart_id: CartId,
    /// The lines it was made for.
    pub lines_digest: String,
}

/// Announces a parcel to the carrier.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ShipmentRequest {
    /// The order.
    pub order_id: OrderId,
    /// The order's number, for the label.
    pub order_number: String,
    /// The caller's step: asked again with the same, answers the same.
    pub step_key: String,
    /// Where to.
    pub address: Address,
    /// The town that was quoted.
    pub place_id: PlaceId,
    /// The way of shipping.
    pub option: String,
    /// What it weighs.
    pub weight_grams: u64,
}

/// Where a parcel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShipmentStatus {
    /// The carrier knows of it.
    Announced,
    /// Under way.
    InTransit,
    /// With the driver.
    OutForDelivery,
    /// There.
    Delivered,
    /// Stopped before it left.
    Cancelled,
}

/// Something that happened to a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrackingEvent {
    /// When.
    pub at: Timestamp,
    /// Where it stood then.
    pub status: ShipmentStatus,
    /// Where.
    pub place: String,
    /// For people.
    pub text: String,
}

/// A parcel on its way, for anybody who has its number. Nothing personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tracking {
    /// Its number.
    pub number: String,
    /// Who carries it.
    pub carrier: String,
    /// Where it stands.
    pub status: ShipmentStatus,
    /// What happened, the latest first.
    pub events: Vec<TrackingEvent>,
    /// When it should arrive.
    pub estimated_delivery: Timestamp,
}

/// A shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShipmentView {
    /// Its id.
    pub id: ShipmentId,
    /// The order.
    pub order_id: OrderId,
    /// Its tracking number.
    pub number: String,
    /// Who carries it.
    pub carrier: String,
    /// Where it stands.
    pub status: ShipmentStatus,
}

/// Stops a parcel that has not left.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ShipmentCancellation {
    /// The order.
    pub order_id: OrderId,
    /// The step that announced it.
    pub step_key: String,
}

/// Where parcels start from, for staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Warehouse {
    /// The town.
    pub place_id: PlaceId,
}

/// How far a zone reaches, seen from the warehouse. A wider reach includes the narrower ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// The warehouse's country.
    Domestic,
    /// The warehouse's continent.
    Continent,
    /// Everywhere.
    World,
}

/// What one way of shipping costs within a zone, in minor units of the shop's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tariff {
    /// For every parcel.
    pub base: i64,
    /// For every kilogram, a started one counted as a whole.
    pub per_kg: i64,
    /// How long it takes.
    pub days: DeliveryDays,
}

/// A part of the world with prices of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// Its name, for staff.
    pub name: SingleLineText<60>,
    /// How far it reaches.
    pub reach: Reach,
    /// The farthest it goes from the warehouse, in kilometres; null for any distance.
    pub up_to_km: Option<u32>,
    /// The usual way.
    pub standard: Tariff,
    /// The fast way.
    pub express: Tariff,
}

/// The shop's prices for shipping, for staff. The first zone that a place lies in counts; the last one has no limit of
/// distance and reaches at least as far as the others, so that distance decides the price and never whether the shop
/// delivers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Zones {
    /// Counts the changes; 0 is the table the program comes with. A change names the version that it was made from.
    pub version: i64,
    /// The zones, in the order they are tried.
    pub zones: Vec<Zone>,
    /// Countries the shop does not deliver to.
    pub excluded: Vec<Country>,
}

/// Calls shipping.
#[derive(Clone)]
pub struct ShippingClient(pub ServiceClient);

impl ShippingClient {
    /// Quotes.
    ///
    /// # Errors
    /// [`UNKNOWN_PLACE`], [`NO_DELIVERY`], or [`CallError`].
    pub async fn quote(&self, request: &QuoteRequest) -> Result<Quote, CallError> {
        self.0.post("/internal/quotes", request).await
    }

    /// A quote made earlier.
    ///
    /// # Errors
    /// [`UNKNOWN_QUOTE`], or [`CallError`].
    pub async fn find_quote(&self, id: QuoteId) -> Result<BoundQuote, CallError> {
        self.0.get(&format!("/internal/quotes/{id}")).await
    }

    /// Announces a parcel; once per order and step key.
    ///
    /// # Errors
    /// [`SHIPMENT_CANCELLED`], [`UNKNOWN_PLACE`], or [`CallError`].
    pub async fn create_shipment(&self, request: &ShipmentRequest) -> Result<ShipmentView, CallError> {
        self.0.post("/internal/shipments", request).await
    }

    /// Stops a parcel that has not left. One that was never announced is remembered as cancelled.
    ///
    /// # Errors
    /// [`ALREADY_SHIPPED`], or [`CallError`].
    pub async fn cancel_shipment(&self, request: &ShipmentCancellation) -> Result<(), CallError> {
        self.0.post("/internal/shipments/cancel", request).await
    }
}
