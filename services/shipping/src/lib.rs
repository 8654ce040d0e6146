//! The shipping service: countries and places, prices and quotes, shipments and their tracking.
//!
//! All state is in the store. Carriers only decide; [`workers::tracking`] stores their updates and publishes each through
//! the outbox.

pub mod access;
mod announcing;
mod api;
pub mod carrier;
pub mod countries;
pub mod distance;
pub mod fulfilment;
pub mod name_normalisation;
pub mod name_variants;
pub mod places;
mod quoting;
pub mod resolution;
mod service;
mod settings;
pub mod shipment;
mod staff_shipments;
pub mod store;
pub mod workers;
pub mod zones;

pub use settings::{CarrierKind, CarrierSettings, Settings, VARIABLES};
pub use staff_shipments::StaffShipments;

use carrier::Carriers;
use chassis::config::ConfigError;
use chassis::mysql::ConnectionSettings;
use chassis::telemetry::schema::metrics::SHIPMENTS;
use chassis::{ServiceContext, StartError, StoreError};
use contracts::Country;
use countries::Countries;
use events::{Broker, Outbox, Relay};
use places::{Gazetteer, Place};
use service::ShippingService;
use std::path::Path;
use std::sync::Arc;
use store::Store;
use store::mysql::MysqlStore;
use store::sqlite::SqliteStore;
use workers::quote_purge;
use workers::tracking::TrackingWorker;

/// The dependencies of the shipping service.
pub struct Dependencies {
    pub store: Arc<dyn Store>,
    /// The outbox in the same database as the store.
    pub outbox: Arc<dyn Outbox>,
    pub broker: Arc<dyn Broker>,
    pub carriers: Carriers,
    pub settings: Settings,
}

/// The store and the outbox of one database.
pub struct Stores {
    pub store: Arc<dyn Store>,
    pub outbox: Arc<dyn Outbox>,
}

impl Stores {
    /// Opens the SQLite file at `path` and creates it when it is missing.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn embedded(path: &Path) -> Result<Self, StoreError> {
        let store = SqliteStore::open(path).await?;
        Ok(Self { outbox: Arc::new(store.outbox()), store: Arc::new(store) })
    }

    /// Opens the MySQL database.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn mysql(connection: &ConnectionSettings) -> Result<Self, StoreError> {
        let store = MysqlStore::open(connection).await?;
        Ok(Self { outbox: Arc::new(store.outbox()), store: Arc::new(store) })
    }
}

/// Starts the service. The first start, and the first one with another gazetteer, loads all places before it returns.
///
/// # Errors
/// When the store is unavailable, a setting is out of bounds, or an operation is missing from the access table.
pub async fn start(
    service_context: ServiceContext,
    dependencies: Dependencies,
) -> Result<chassis::Service, StartError> {
    let Dependencies { store, outbox, broker, carriers, settings } = dependencies;
    settings.check()?;
    // Before anything is served: without places no address can be checked and nothing quoted.
    load_places(&*store, &settings.gazetteer).await.map_err(|error| StartError::failed("load the places", error))?;
    let default_warehouse = default_warehouse(&*store, settings.home_country).await?;
    // Read once: the countries with places change only with the gazetteer, which is loaded above.
    let inhabited_countries = store.inhabited_countries().await?.into_iter().collect();

    let system = service_context.system.clone();
    service_context.health.depends_on("database", true, store.clone());
    // Not critical: shipments are announced while the broker is down, and their events wait in the outbox.
    service_context.health.depends_on("broker", false, broker.clone());
    Relay::new(outbox, broker, &service_context).start(&service_context.tasks);
    let tracking = TrackingWorker::new(store.clone(), carriers.clone(), system.clone());
    service_context.tasks.worker("carrier", |stop| tracking.run(stop));
    let (quotes, clock) = (store.clone(), system.clone());
    service_context.tasks.worker("quotes", |stop| quote_purge::run(quotes, clock, stop));

    let shipping = ShippingService {
        store,
        system,
        carriers,
        webhook_secrets: settings.webhook_secrets,
        quote_validity: settings.quote_validity,
        countries: Countries::built_in(),
        inhabited_countries,
        default_warehouse,
        places: service::places_cache(),
        announced: service_context.metrics.counter(&SHIPMENTS),
    };
    service_context.finish(api::routes().with_state(Arc::new(shipping)), access::RULES, &[])
}

/// Loads the places of a gazetteer unless they are loaded already; returns true when it loaded them.
///
/// # Errors
/// When the store is unavailable or the gazetteer is malformed.
pub async fn load_places(store: &dyn Store, gazetteer: &Gazetteer) -> Result<bool, StoreError> {
    let version = gazetteer.version();
    // Loading takes seconds, so a start with the same gazetteer must not repeat it.
    if store.gazetteer_version().await?.as_ref() == Some(&version) {
        return Ok(false);
    }
    tracing::info!(version, "loading places");
    store.replace_gazetteer(&version, &mut gazetteer.entries()).await?;
    Ok(true)
}

async fn default_warehouse(store: &dyn Store, country: Country) -> Result<Place, StartError> {
    let largest = store.largest_place(country).await?;
    largest.ok_or_else(|| {
        let problem = format!("the shop's country {country} has no place from which shipments could start");
        StartError::Config(ConfigError::new(problem))
    })
}
