//! The state of the service, and the lookups that its use cases share.

use crate::carrier::Carriers;
use crate::countries::Countries;
use crate::places::Place;
use crate::staff_shipments::StaffShipments;
use crate::store::Store;
use crate::zones;
use chassis::telemetry::metrics::Counter;
use chassis::webhook::WebhookSecret;
use chassis::{Problem, SystemContext};
use contracts::shipping::{UNKNOWN_PLACE, Zones};
use contracts::{Country, PlaceId};
use jiff::SignedDuration;
use moka::sync::Cache;
use std::collections::HashSet;
use std::sync::Arc;

/// The shipping service. Its use cases are in [`crate::quoting`] and [`crate::announcing`].
pub struct ShippingService {
    pub store: Arc<dyn Store>,
    pub system: SystemContext,
    pub carriers: Carriers,
    /// The secrets with which carriers sign webhooks; empty when they send none.
    pub webhook_secrets: Vec<WebhookSecret>,
    /// The time for which the prices of a quote are valid.
    pub quote_validity: SignedDuration,
    pub countries: Countries,
    /// The countries with at least one place.
    pub inhabited_countries: HashSet<Country>,
    /// The warehouse until the merchant sets one: the largest town of the shop's country.
    pub default_warehouse: Place,
    /// The places of regions and countries for which an unknown place was estimated. They change with the gazetteer alone,
    /// which is loaded before the service starts.
    pub places: Cache<(Country, Option<String>), Arc<Vec<Place>>>,
    /// Counts the announced shipments by carrier.
    pub announced: Counter<1>,
}

/// The largest number of places that are cached, twice those of the largest country.
const MAX_CACHED_PLACES: u64 = 30_000;

/// Creates an empty cache of places.
pub fn places_cache() -> Cache<(Country, Option<String>), Arc<Vec<Place>>> {
    let count =
        |_: &(Country, Option<String>), places: &Arc<Vec<Place>>| u32::try_from(places.len()).unwrap_or(u32::MAX);
    Cache::builder().max_capacity(MAX_CACHED_PLACES).weigher(count).build()
}

impl ShippingService {
    /// Returns the warehouse's town.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn warehouse(&self) -> Result<Place, Problem> {
        Ok(self.store.warehouse().await?.unwrap_or_else(|| self.default_warehouse.clone()))
    }

    /// Returns the shipments as staff work on them.
    pub fn staff_shipments(&self) -> StaffShipments {
        StaffShipments { store: self.store.clone(), system: self.system.clone() }
    }

    /// Returns the shipping prices in force.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn zones(&self) -> Result<Zones, Problem> {
        Ok(self.store.zones().await?.unwrap_or_else(zones::built_in))
    }

    /// Returns the place with this id.
    ///
    /// # Errors
    /// [`UNKNOWN_PLACE`].
    pub async fn place(&self, id: PlaceId) -> Result<Place, Problem> {
        let unknown = || {
            UNKNOWN_PLACE
                .detail("This place does not exist. Search for the place again.")
                .field("/place_id", "is not a known place")
        };
        self.store.place(id).await?.ok_or_else(unknown)
    }
}
