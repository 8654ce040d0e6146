//! The shipping API: places and tracking for clients, quotes for cart, shipments for dispatch.

mod carrier_events;

pub use carrier_events::{CarrierEvent, CarrierStatus, INVALID_SIGNATURE};

use crate::{
    Address, CartId, Country, Currency, Destination, HttpUrl, Money, OrderId, PlaceId, Quantity, QuoteId, ShipmentId,
    SingleLineText, Sku,
};
use chassis::client::{CallError, ServiceClient};
use chassis::config::UnknownValue;
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// No place has this id.
pub const UNKNOWN_PLACE: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "unknown-place", "Unknown place");
/// Several places of the country have the name of the address's city. The member `places` lists them; the request is
/// repeated with the id of one of them.
pub const AMBIGUOUS_PLACE: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "ambiguous-place", "Ambiguous place");
/// The quote does not exist or has expired.
pub const UNKNOWN_QUOTE: ProblemKind =
    ProblemKind::new(StatusCode::NOT_FOUND, "unknown-quote", "Unknown shipping quote");
/// The shop does not deliver to the country of the destination, or has no shipping prices in its currency yet.
pub const NO_DELIVERY: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "no-delivery", "No delivery to this destination");
/// The shipment has left the warehouse and cannot be cancelled.
pub const ALREADY_SHIPPED: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "already-shipped", "Already shipped");
/// The shipment was cancelled, perhaps before it was created, and cannot be created any more.
pub const SHIPMENT_CANCELLED: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "shipment-cancelled", "Shipment cancelled");

/// The shipment is in a status, or belongs to a carrier, that does not allow this change.
pub const SHIPMENT_UNCHANGEABLE: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "shipment-unchangeable", "The shipment cannot be changed like this");

/// A country that the shop delivers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CountryView {
    /// The code of the country (ISO 3166-1 alpha-2).
    pub code: Country,
    /// The English name of the country.
    pub name: String,
}

/// The countries that the shop delivers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Countries {
    /// The countries, sorted by name.
    pub items: Vec<CountryView>,
}

/// A city or town in the GeoNames gazetteer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlaceView {
    /// The GeoNames id of the place.
    pub id: PlaceId,
    /// The name of the place.
    pub name: String,
    /// The state or province of the place; empty when it has none.
    pub region: String,
    /// The country of the place (ISO 3166-1 alpha-2).
    pub country: Country,
}

/// The results of a place search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Places {
    /// The matching places, at most ten, the best match first.
    pub items: Vec<PlaceView>,
}

/// An estimated delivery time as a range of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryDays {
    /// The smallest number of days.
    pub min: u32,
    /// The largest number of days, at most 365.
    pub max: u32,
}

/// A shipping option of a quote, with its price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShippingOption {
    /// The name of the option in requests: `standard` or `express`.
    pub option: String,
    /// The name of the option for display.
    pub label: String,
    /// The price of shipping before discounts.
    pub price: Money,
    /// The estimated delivery time in days.
    pub estimated_days: DeliveryDays,
}

/// A shipping quote: the options and prices for one cart and destination, valid for a limited time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quote {
    /// The unique id of the quote.
    pub quote_id: QuoteId,
    /// The destination of the shipment; when it is estimated, the largest place of the region or country.
    pub place: PlaceView,
    /// The fields of the address that the quote is for, in the form in which they are stored; absent for a quote to a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<Destination>,
    /// True if the address names no known place. The prices are then those of the most expensive place of its region, or
    /// else of its country.
    #[serde(default)]
    pub estimated: bool,
    /// The time when the prices expire (UTC, RFC 3339).
    pub expires_at: Timestamp,
    /// The shipping options to choose from.
    pub options: Vec<ShippingOption>,
}

/// A request for a shipping quote to an address, to a place, or to an address in this place.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "cart_id": "0193a5c2-7b1e-7c44-9d0a-3f6e2b815c77",
    "lines_digest": "5f2b8c0e9a41d637",
    "destination": { "country": "DE", "city": "Hamburg", "postal_code": "20095" },
    "weight_grams": 840,
    "currency": "EUR"
}))]
pub struct QuoteRequest {
    /// The id of the cart that the quote is for.
    pub cart_id: CartId,
    /// A digest of the cart's lines. The quote is valid for these lines only.
    pub lines_digest: String,
    /// The fields of an accepted address, from which the place is derived; absent for a quote to a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<Destination>,
    /// The place. Beside an address, one of those that have the name of its city.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place_id: Option<PlaceId>,
    /// The total weight of the cart in grams.
    // The weight of one unit has 32 bits, so the sum of a cart needs more.
    pub weight_grams: u64,
    /// The currency of the prices (ISO 4217).
    pub currency: Currency,
}

/// A quote with the cart and lines that it is valid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BoundQuote {
    /// The quote with its options.
    pub quote: Quote,
    /// The id of the cart that the quote is for.
    pub cart_id: CartId,
    /// The digest of the lines that the quote is for.
    pub lines_digest: String,
}

/// A place with its position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LocatedPlace {
    /// The id and the names of the place.
    pub place: PlaceView,
    /// The latitude in units of 1/100,000 degree, positive north of the equator.
    pub latitude: i32,
    /// The longitude in units of 1/100,000 degree, positive east of Greenwich.
    pub longitude: i32,
}

/// All places of a country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LocatedPlaces {
    /// The places, the largest first.
    pub items: Vec<LocatedPlace>,
}

/// A request for an estimate of shipping, which is bound to no cart.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({ "place_id": 2_911_298, "weight_grams": 840, "currency": "EUR" }))]
pub struct EstimateRequest {
    /// The destination, as a place id from the place search.
    pub place_id: PlaceId,
    /// The total weight in grams.
    pub weight_grams: u64,
    /// The currency of the prices (ISO 4217).
    pub currency: Currency,
}

/// An estimate of shipping to a place. Only a quote can be used in a checkout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Estimate {
    /// The great-circle distance from the warehouse in metres.
    pub distance_metres: u64,
    /// The shipping options with the prices in force.
    pub options: Vec<ShippingOption>,
}

/// A request to create a shipment with the carrier.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ShipmentRequest {
    /// The id of the order to ship.
    pub order_id: OrderId,
    /// The number of the order, for the shipping label.
    pub order_number: String,
    /// The idempotency key: the caller's workflow step. A repeated request returns the existing shipment.
    pub step_key: String,
    /// The delivery address for the label.
    pub address: Address,
    /// The place that the shipping price was quoted for.
    pub place_id: PlaceId,
    /// The name of the shipping option: `standard` or `express`.
    pub option: String,
    /// The total weight in grams.
    pub weight_grams: u64,
    /// The items to ship; empty in requests of earlier versions.
    #[serde(default)]
    pub lines: Vec<ShipmentLine>,
    /// The delivery time that the customer was promised; absent in requests of earlier versions.
    #[serde(default)]
    pub estimated_days: Option<DeliveryDays>,
}

/// Units of one SKU in a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "sku": "MUG-BLUE-330", "quantity": 1 }))]
pub struct ShipmentLine {
    /// The SKU to ship.
    pub sku: Sku,
    /// The number of units.
    pub quantity: Quantity,
}

/// The carrier of a shipment that a person has sent, with its number and link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "carrier": "DHL",
    "tracking_number": "00340434161094042557",
    "tracking_url": "https://www.dhl.de/en/privatkunden/pakete-empfangen/verfolgen.html?piececode=00340434161094042557"
}))]
pub struct CarrierTracking {
    /// The name of the carrier as shown to customers, 1 to 60 characters.
    pub carrier: SingleLineText<60>,
    /// The carrier's tracking number, up to 64 characters; null for a shipment without one.
    #[serde(default)]
    pub tracking_number: Option<SingleLineText<64>>,
    /// The carrier's page with the tracking, starting with `https://` or `http://`, up to 500 characters; null when there is
    /// none.
    #[serde(default)]
    pub tracking_url: Option<HttpUrl>,
}

/// The status of a shipment.
///
/// - `announced`: to be packed, or the label was created and the carrier expects the shipment
/// - `packed`: packed, to be handed to the carrier
/// - `in_transit`: the carrier has picked it up
/// - `out_for_delivery`: the driver is on the way to the recipient
/// - `delivered`: the recipient has received it
/// - `cancelled`: cancelled before pickup
///
/// The order is that in which a shipment passes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShipmentStatus {
    /// To be packed, or the label was created and the carrier expects the shipment.
    Announced,
    /// Packed, to be handed to the carrier.
    Packed,
    /// The carrier has picked it up.
    InTransit,
    /// The driver is on the way to the recipient.
    OutForDelivery,
    /// The recipient has received it.
    Delivered,
    /// Cancelled before it was picked up.
    Cancelled,
}

impl ShipmentStatus {
    /// All statuses, in the order in which a shipment passes them.
    pub const ALL: [Self; 6] =
        [Self::Announced, Self::Packed, Self::InTransit, Self::OutForDelivery, Self::Delivered, Self::Cancelled];

    /// Returns true once the carrier has picked the shipment up.
    pub const fn has_left(self) -> bool {
        matches!(self, Self::InTransit | Self::OutForDelivery | Self::Delivered)
    }

    /// Returns the name of the status in requests and in stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::Packed => "packed",
            Self::InTransit => "in_transit",
            Self::OutForDelivery => "out_for_delivery",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
        }
    }
}

impl std::str::FromStr for ShipmentStatus {
    type Err = UnknownValue;

    fn from_str(name: &str) -> Result<Self, UnknownValue> {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == name);
        known.ok_or_else(|| UnknownValue::new(name, "the status of a shipment"))
    }
}

/// An event in the tracking history of a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrackingEvent {
    /// The time of the event (UTC, RFC 3339).
    pub at: Timestamp,
    /// The status of the shipment after the event.
    pub status: ShipmentStatus,
    /// The name of the place where the event happened.
    pub place: String,
    /// A description of the event in English.
    pub text: String,
}

/// The tracking history of a shipment. It contains no personal data, since anyone with the number can read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tracking {
    /// The shop's tracking number: `SS` followed by twelve letters and digits.
    #[schema(example = "SS4K7QPW2XRNB8")]
    pub number: String,
    /// The name of the carrier.
    pub carrier: String,
    /// The current status of the shipment.
    pub status: ShipmentStatus,
    /// The events so far, the latest first.
    pub events: Vec<TrackingEvent>,
    /// The estimated time of delivery (UTC, RFC 3339).
    pub estimated_delivery: Timestamp,
    /// The tracking at the carrier; null when the shipment is tracked here alone, or has not left.
    #[serde(default)]
    pub carrier_tracking: Option<CarrierTracking>,
}

/// A shipment of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShipmentView {
    /// The unique id of the shipment.
    pub id: ShipmentId,
    /// The id of the order that is shipped.
    pub order_id: OrderId,
    /// The tracking number of the carrier.
    pub number: String,
    /// The name of the carrier.
    pub carrier: String,
    /// The current status of the shipment.
    pub status: ShipmentStatus,
    /// The items; empty for a shipment of an earlier version, which has all items of its order.
    #[serde(default)]
    pub lines: Vec<ShipmentLine>,
    /// The tracking at the carrier of a shipment that a person has sent; null for other shipments.
    #[serde(default)]
    pub tracking: Option<CarrierTracking>,
    /// The number of changes since the shipment was created.
    #[serde(default)]
    pub version: u64,
}

/// The shipments of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderShipments {
    /// The shipments, the earliest first.
    pub items: Vec<ShipmentView>,
}

/// A shipment as staff see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StaffShipment {
    /// The shipment as customers see it.
    #[serde(flatten)]
    pub shipment: ShipmentView,
    /// The number of the order; empty for a shipment of an earlier version.
    pub order_number: String,
    /// The name of the shipping option: `standard` or `express`.
    pub option: String,
    /// The time when the shipment was created (UTC, RFC 3339).
    pub created_at: Timestamp,
}

/// The items of a shipment that are shipped apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "lines": [{ "sku": "MUG-BLUE-330", "quantity": 1 }] }))]
pub struct ShipmentSplit {
    /// The items of the new shipment, a part of those of the present one.
    pub lines: Vec<ShipmentLine>,
}

/// A request to cancel a shipment before it leaves the warehouse.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ShipmentCancellation {
    /// The id of the order that is shipped.
    pub order_id: OrderId,
    /// The workflow step that created the shipment.
    pub step_key: String,
}

/// The warehouse that all shipments leave from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "place_id": 2_911_298 }))]
pub struct Warehouse {
    /// The place of the warehouse, as a place id from the place search.
    pub place_id: PlaceId,
}

/// The area that a shipping zone covers, as seen from the warehouse. A wider area includes the narrower ones.
///
/// - `domestic`: the country of the warehouse
/// - `continent`: the continent of the warehouse
/// - `world`: all countries
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
// The order of the variants matters: a zone applies if its reach is at least the required one.
pub enum Reach {
    /// The country of the warehouse.
    Domestic,
    /// The continent of the warehouse.
    Continent,
    /// All countries of the world.
    World,
}

/// The price of a shipping option within a zone, in minor units of the shop's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tariff {
    /// The base price per shipment in minor units, 0 to 1000000000.
    pub base: i64,
    /// The price per started kilogram in minor units, 0 to 1000000000.
    pub per_kg: i64,
    /// The estimated delivery time in days.
    pub days: DeliveryDays,
}

/// A shipping zone with its prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// The name of the zone, for staff, 1 to 60 characters.
    pub name: SingleLineText<60>,
    /// The area that the zone covers.
    pub reach: Reach,
    /// The largest distance from the warehouse in kilometres, 1 to 20100; null for any distance.
    pub up_to_km: Option<u32>,
    /// The price and delivery time of standard shipping.
    pub standard: Tariff,
    /// The price and delivery time of express shipping.
    pub express: Tariff,
}

/// The shipping zones and prices of the shop.
///
/// The first zone that contains the destination applies. The last zone must have no distance limit and cover at least
/// the area of all other zones, so that the distance decides on the price and never on the delivery itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "version": 0,
    "currency": "EUR",
    "zones": [
        { "name": "Domestic", "reach": "domestic", "up_to_km": null,
          "standard": { "base": 490, "per_kg": 50, "days": { "min": 1, "max": 3 } },
          "express": { "base": 990, "per_kg": 100, "days": { "min": 1, "max": 2 } } },
        { "name": "World", "reach": "world", "up_to_km": null,
          "standard": { "base": 2490, "per_kg": 600, "days": { "min": 7, "max": 14 } },
          "express": { "base": 4990, "per_kg": 1200, "days": { "min": 3, "max": 5 } } }
    ],
    "excluded": ["AQ"]
}))]
pub struct Zones {
    /// The version of the table; 0 for the built-in table. An update names the version that it is based on.
    pub version: i64,
    /// The currency of the amounts, which must be the shop's; absent for the shop's currency.
    // Left out of stored tables too: an earlier version, after a rollback, refuses fields that it does not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The zones in order of precedence, 1 to 50.
    pub zones: Vec<Zone>,
    /// The countries that the shop does not deliver to (ISO 3166-1 alpha-2).
    pub excluded: Vec<Country>,
}

/// A client for the shipping service.
#[derive(Clone)]
pub struct ShippingClient(pub ServiceClient);

impl ShippingClient {
    /// Creates a shipping quote.
    ///
    /// # Errors
    /// [`UNKNOWN_PLACE`], [`AMBIGUOUS_PLACE`], [`NO_DELIVERY`], or [`CallError`].
    pub async fn quote(&self, request: &QuoteRequest) -> Result<Quote, CallError> {
        self.0.post("/internal/quotes", request).await
    }

    /// Returns a quote that has not expired.
    ///
    /// # Errors
    /// [`UNKNOWN_QUOTE`], or [`CallError`].
    pub async fn find_quote(&self, id: QuoteId) -> Result<BoundQuote, CallError> {
        self.0.get(&format!("/internal/quotes/{id}")).await
    }

    /// Returns all places of a country, the largest first.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn places(&self, country: Country) -> Result<LocatedPlaces, CallError> {
        self.0.get(&format!("/internal/places/{country}")).await
    }

    /// Estimates the price of shipping.
    ///
    /// # Errors
    /// [`UNKNOWN_PLACE`], [`NO_DELIVERY`], or [`CallError`].
    pub async fn estimate(&self, request: &EstimateRequest) -> Result<Estimate, CallError> {
        self.0.post("/internal/estimates", request).await
    }

    /// Creates a shipment, once per order and step key.
    ///
    /// # Errors
    /// [`SHIPMENT_CANCELLED`], [`UNKNOWN_PLACE`], or [`CallError`].
    pub async fn create_shipment(&self, request: &ShipmentRequest) -> Result<ShipmentView, CallError> {
        self.0.post("/internal/shipments", request).await
    }

    /// Returns the shipments of an order.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn shipments_of(&self, order: OrderId) -> Result<OrderShipments, CallError> {
        self.0.get(&format!("/internal/orders/{order}/shipments")).await
    }

    /// Cancels the shipments of an order, none of which has left the warehouse.
    ///
    /// A shipment that was never created is recorded as cancelled, so that a delayed create request is refused.
    ///
    /// # Errors
    /// [`ALREADY_SHIPPED`], or [`CallError`].
    pub async fn cancel_shipment(&self, request: &ShipmentCancellation) -> Result<(), CallError> {
        self.0.post("/internal/shipments/cancel", request).await
    }
}
