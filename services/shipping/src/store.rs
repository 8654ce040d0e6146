//! The storage of the service.

mod codec;
mod data_migration;
pub mod mysql;
pub mod sqlite;

use crate::places::{Entry, Namesake, Place};
use crate::shipment::{
    AnnounceOutcome, CancelOutcome, DueShipment, NewShipment, Shipment, ShipmentFilter, ShipmentWrite, TrackedShipment,
    TrackingUpdate,
};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use contracts::shipping::{BoundQuote, PlaceView, ShipmentCancellation, Zones};
use contracts::{Country, PlaceId, QuoteId, ShipmentId};
use jiff::Timestamp;

/// The entries of a gazetteer, read one by one.
pub type Entries<'file> = dyn Iterator<Item = Result<Entry, StoreError>> + Send + 'file;

/// The store of the service. Each method is one transaction.
#[async_trait]
pub trait Store: Check {
    /// Returns the version of the gazetteer that is loaded.
    async fn gazetteer_version(&self) -> Result<Option<String>, StoreError>;

    /// Replaces all places with those of a gazetteer, unless this version is loaded. Entries of one country must be
    /// adjacent. When several callers load the same version, one does and the others wait for it.
    async fn replace_gazetteer(&self, version: &str, entries: &mut Entries<'_>) -> Result<(), StoreError>;

    /// Returns the countries with at least one place.
    async fn inhabited_countries(&self) -> Result<Vec<Country>, StoreError>;

    /// Returns the place with this id.
    async fn place(&self, id: PlaceId) -> Result<Option<Place>, StoreError>;

    /// Returns the place with the largest population of a country.
    async fn largest_place(&self, country: Country) -> Result<Option<Place>, StoreError>;

    /// Returns all places of a country, the largest first.
    async fn places(&self, country: Country) -> Result<Vec<Place>, StoreError>;

    /// Returns all places of a region, the largest first.
    async fn places_in_region(&self, country: Country, region: &str) -> Result<Vec<Place>, StoreError>;

    /// Returns the names of a country's regions that have a place.
    async fn regions(&self, country: Country) -> Result<Vec<String>, StoreError>;

    /// Returns places of a country that have a name with exactly one of the keys, the largest first.
    async fn namesakes(&self, country: Country, keys: &[String]) -> Result<Vec<Namesake>, StoreError>;

    /// Returns places of a country that have a name with one of the prefixes: exact matches of the main name first, then
    /// exact matches of another name, and by population.
    async fn search_places(
        &self,
        country: Country,
        prefixes: &[String],
        limit: usize,
    ) -> Result<Vec<PlaceView>, StoreError>;

    /// Returns the warehouse's town, when the merchant has set one that the gazetteer still has.
    async fn warehouse(&self) -> Result<Option<Place>, StoreError>;

    /// Sets the warehouse's town.
    async fn set_warehouse(&self, place: PlaceId) -> Result<(), StoreError>;

    /// Returns the shipping prices, when the merchant has set any.
    async fn zones(&self) -> Result<Option<Zones>, StoreError>;

    /// Replaces the shipping prices when `zones.version` is the version in force, 0 before the first change. Returns the
    /// new version.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another version is in force.
    async fn set_zones(&self, zones: &Zones) -> Result<i64, StoreError>;

    /// Stores a new quote until it expires.
    async fn insert_quote(&self, quote: &BoundQuote) -> Result<(), StoreError>;

    /// Returns a quote that has not expired.
    async fn quote(&self, id: QuoteId, now: Timestamp) -> Result<Option<BoundQuote>, StoreError>;

    /// Deletes at most `limit` expired quotes and returns their number.
    async fn delete_expired_quotes(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError>;

    /// Stores a shipment, once per order and step key, unless that step was cancelled.
    async fn announce(&self, shipment: &NewShipment) -> Result<AnnounceOutcome, StoreError>;

    /// Returns the shipment with this id.
    async fn shipment(&self, id: ShipmentId) -> Result<Option<Shipment>, StoreError>;

    /// Returns the shipments with this number of the shop or of a carrier, the earliest first.
    async fn shipments_with_number(&self, number: &str) -> Result<Vec<Shipment>, StoreError>;

    /// Returns shipments after the id `after`, the earliest first.
    async fn shipments(
        &self,
        filter: ShipmentFilter,
        after: Option<ShipmentId>,
        limit: usize,
    ) -> Result<Vec<Shipment>, StoreError>;

    /// Stores a change, unless one of its shipments was changed since it was read, or the shipment that is split off exists.
    /// Returns true when it was stored.
    async fn write_shipments(&self, write: &ShipmentWrite) -> Result<bool, StoreError>;

    /// Cancels all shipments of a step if none of them has left. The cancellation of an unknown shipment is stored too, so that a
    /// late announcement of the same step is refused.
    async fn cancel(&self, shipment: &ShipmentCancellation, now: Timestamp) -> Result<CancelOutcome, StoreError>;

    /// Returns the shipment with this tracking number.
    async fn tracking(&self, tracking_number: &str) -> Result<Option<TrackedShipment>, StoreError>;

    /// Returns shipments with a due update, the longest overdue first.
    async fn due_shipments(&self, now: Timestamp, limit: usize) -> Result<Vec<DueShipment>, StoreError>;

    /// Stores an update and its event, unless the shipment was updated or cancelled since it was read. Returns true when
    /// it was stored.
    async fn apply_update(&self, update: &TrackingUpdate) -> Result<bool, StoreError>;
}
