//! What shipping asks of a database.

pub mod mysql;
pub mod sqlite;
mod stored;
mod tables;

use crate::places::{Entry, Place};
use crate::shipment::{Announced, Announcement, Cancellation, Movement, Parcel};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use contracts::shipping::{BoundQuote, PlaceView, ShipmentCancellation, Tracking, Zones};
use contracts::{Country, PlaceId, QuoteId};
use jiff::Timestamp;

/// Places as they are read, one after the other.
pub type Entries<'file> = dyn Iterator<Item = Result<Entry, StoreError>> + Send + 'file;

/// The store of the service. Each method is one unit of work: it happens as a whole or not at all.
#[async_trait]
pub trait Store: Check {
    /// Which file of places is loaded.
    async fn gazetteer_version(&self) -> Result<Option<String>, StoreError>;

    /// Loads a file of places in the place of what was there, unless that file is loaded. Those of one country follow each
    /// other. Of several that load the same file at once, one does and the others wait for it.
    async fn replace_gazetteer(&self, version: &str, entries: &mut Entries<'_>) -> Result<(), StoreError>;

    /// The countries with at least one place.
    async fn inhabited_countries(&self) -> Result<Vec<Country>, StoreError>;

    /// A place.
    async fn place(&self, id: PlaceId) -> Result<Option<Place>, StoreError>;

    /// The place of a country where most people live.
    async fn largest_place(&self, country: Country) -> Result<Option<Place>, StoreError>;

    /// The places of a country with a name that begins with one of the keys: those named exactly so first, then by
    /// population.
    async fn search_places(
        &self,
        country: Country,
        keys: &[String],
        limit: usize,
    ) -> Result<Vec<PlaceView>, StoreError>;

    /// The warehouse's town, when the merchant has set one that is still known.
    async fn warehouse(&self) -> Result<Option<Place>, StoreError>;

    /// Sets the warehouse's town.
    async fn set_warehouse(&self, place: PlaceId) -> Result<(), StoreError>;

    /// The prices, when the merchant has set any.
    async fn zones(&self) -> Result<Option<Zones>, StoreError>;

    /// Sets the prices, when `zones.version` is the version in force (0 when none were set); answers the new version.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another version is in force.
    async fn set_zones(&self, zones: &Zones) -> Result<i64, StoreError>;

    /// Keeps a quote.
    async fn keep_quote(&self, quote: &BoundQuote) -> Result<(), StoreError>;

    /// A quote that is still valid.
    async fn quote(&self, id: QuoteId, now: Timestamp) -> Result<Option<BoundQuote>, StoreError>;

    /// Forgets at most `limit` quotes that are no longer valid; says how many there were.
    async fn forget_quotes(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError>;

    /// Announces a parcel, once per order and step key, and never when that was cancelled.
    async fn announce(&self, announcement: &Announcement) -> Result<Announced, StoreError>;

    /// Stops a parcel that has not left; one that was never announced is remembered, so that it never will be.
    async fn cancel(&self, shipment: &ShipmentCancellation, now: Timestamp) -> Result<Cancellation, StoreError>;

    /// A parcel by its number, with all its events.
    async fn tracking(&self, number: &str) -> Result<Option<Tracking>, StoreError>;

    /// Parcels that are due to move on, the longest waiting first.
    async fn due_parcels(&self, now: Timestamp, limit: usize) -> Result<Vec<Parcel>, StoreError>;

    /// Moves a parcel and tells it, unless it has moved or was cancelled since it was read; says whether it moved.
    async fn move_parcel(&self, movement: &Movement) -> Result<bool, StoreError>;
}
