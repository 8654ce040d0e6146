//! Shipping: countries and places, prices, quotes, parcels and where they are.
//!
//! The store is the truth; the built-in carrier moves parcels along by the clock and tells each step through the outbox.

pub mod access;
mod api;
pub mod carrier;
pub mod countries;
pub mod distance;
pub mod folding;
pub mod places;
pub mod shipment;
mod shipping;
pub mod store;
pub mod tracking_number;
pub mod zones;

use carrier::Carrier;
use chassis::mysql::ConnectionSettings;
use chassis::{ServiceContext, SystemContext, StoreError};
use contracts::Country;
use countries::Countries;
use events::{Broker, Outbox, Relay};
use jiff::SignedDuration;
use places::{Gazetteer, Place};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use store::mysql::MysqlStore;
use store::sqlite::SqliteStore;
use tokio_util::sync::CancellationToken;

/// How the service behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The shop's country: parcels start from its largest town until the merchant sets a warehouse.
    pub home_country: Country,
    /// How long a parcel takes from stop to stop, of which there are five or six; express takes half of it.
    pub carrier_pace: SignedDuration,
    /// How long a quote is good for.
    pub quote_validity: SignedDuration,
    /// The places.
    pub gazetteer: Gazetteer,
}

impl Settings {
    /// The usual settings of a shop in this country: quotes are good for 30 minutes, parcels take 8 hours from stop to
    /// stop.
    pub fn new(home_country: Country) -> Self {
        Self {
            home_country,
            carrier_pace: SignedDuration::from_hours(8),
            quote_validity: SignedDuration::from_mins(30),
            gazetteer: Gazetteer::BUILT_IN,
        }
    }

    fn check(&self) -> Result<(), String> {
        for (name, duration) in [("carrier pace", self.carrier_pace), ("quote validity", self.quote_validity)] {
            if duration < SignedDuration::from_secs(1) {
                return Err(format!("the {name} must be at least a second"));
            }
        }
        Ok(())
    }
}

/// What the service is built from.
pub struct Dependencies {
    /// Its store.
    pub store: Arc<dyn Store>,
    /// The outbox in that store.
    pub outbox: Arc<dyn Outbox>,
    /// Where its events go.
    pub broker: Arc<dyn Broker>,
    /// How it behaves.
    pub settings: Settings,
}

/// The store and the outbox in it, whichever database they are in.
pub struct Stores {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The outbox in it.
    pub outbox: Arc<dyn Outbox>,
}

impl Stores {
    /// Opens the store within the process, in one file.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn embedded(path: &Path) -> Result<Self, StoreError> {
        let store = SqliteStore::open(path).await?;
        Ok(Self { outbox: Arc::new(store.outbox()), store: Arc::new(store) })
    }

    /// Opens the store in MySQL.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn mysql(address: &ConnectionSettings) -> Result<Self, StoreError> {
        let store = MysqlStore::open(address).await?;
        Ok(Self { outbox: Arc::new(store.outbox()), store: Arc::new(store) })
    }
}

/// Starts the service. On the first start, and whenever the program comes with other places, they are loaded first.
///
/// # Errors
/// When the store is away, the settings make no sense, or an operation is missing from the access table.
pub async fn start(service_context: ServiceContext, dependencies: Dependencies) -> Result<chassis::Service, String> {
    let Dependencies { store, outbox, broker, settings } = dependencies;
    settings.check()?;
    load_places(&*store, &settings.gazetteer).await.map_err(|error| format!("cannot load the places: {error}"))?;
    let home = home(&*store, settings.home_country).await?;
    let inhabited = store.inhabited_countries().await.map_err(|error| error.to_string())?.into_iter().collect();

    service_context.health.depends_on("database", true, store.clone());
    service_context.health.depends_on("broker", false, broker.clone());
    Relay::new(outbox, broker, service_context.system.clone()).start(&service_context.tasks);
    let carrier = Carrier::new(store.clone(), service_context.system.clone(), settings.carrier_pace);
    service_context.tasks.worker("carrier", |stop| carrier.run(stop));
    let (kept, system) = (store.clone(), service_context.system.clone());
    service_context.tasks.worker("quotes", |stop| forget_quotes(kept, system, stop));

    let system = service_context.system.clone();
    let countries = Countries::built_in();
    let shipping = shipping::Shipping { store, system, settings, countries, inhabited, home };
    service_context.finish(api::routes().with_state(Arc::new(shipping)), access::RULES, &[])
}

/// Loads the places unless they are there; says whether they were loaded.
///
/// # Errors
/// When the store is away or the file cannot be read.
pub async fn load_places(store: &dyn Store, gazetteer: &Gazetteer) -> Result<bool, StoreError> {
    let version = gazetteer.version();
    if store.gazetteer_version().await?.as_ref() == Some(&version) {
        return Ok(false);
    }
    tracing::info!(version, "loading places");
    store.replace_gazetteer(&version, &mut gazetteer.entries()).await?;
    Ok(true)
}

async fn home(store: &dyn Store, country: Country) -> Result<Place, String> {
    let largest = store.largest_place(country).await.map_err(|error| error.to_string())?;
    largest.ok_or_else(|| format!("the shop's country {country} has no place that parcels could start from"))
}

const BETWEEN_CLEANINGS: Duration = Duration::from_secs(600);
const QUOTES_AT_ONCE: usize = 500;

/// Forgets old quotes, a few at a time, until shutdown. Nobody gets an old one even if it is still there.
async fn forget_quotes(store: Arc<dyn Store>, system: SystemContext, stop: CancellationToken) {
    loop {
        tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(BETWEEN_CLEANINGS) => {} }
        loop {
            match store.forget_quotes(system.now(), QUOTES_AT_ONCE).await {
                Ok(QUOTES_AT_ONCE) if !stop.is_cancelled() => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "old quotes stay for now");
                    break;
                }
            }
        }
    }
}
