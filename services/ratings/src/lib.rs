//! The ratings service: scores, written reviews, rating summaries, moderation, and the verification of reviews by
//! delivered orders.
//!
//! The rating summary of a product is updated in the transaction of every change to a review, so it is always exact. Only
//! published reviews count.

pub mod access;
pub mod api;
pub mod consumers;
mod cursor;
pub mod products;
pub mod rating_summary;
pub mod review;
pub mod reviews;
mod settings;
pub mod store;

pub use settings::{MODERATE_UNVERIFIED, Settings, VARIABLES};

use chassis::mysql::ConnectionSettings;
use chassis::telemetry::schema::metrics::REVIEWS;
use chassis::{Service, ServiceContext, StartError, StoreError};
use consumers::PurchaseConsumer;
use contracts::catalogue::CatalogueClient;
use events::{Broker, Consumer, Inbox};
use products::ProductLookup;
use reviews::ReviewService;
use std::path::Path;
use std::sync::Arc;
use store::Store;
use store::mysql::MysqlStore;
use store::sqlite::SqliteStore;

/// The queue that ratings consumes.
const QUEUE: &str = "ratings";

/// The dependencies of the ratings service.
pub struct Dependencies {
    pub store: Arc<dyn Store>,
    /// The inbox in the same database as the store.
    pub inbox: Arc<dyn Inbox>,
    /// The source of `order.delivered` events.
    pub broker: Arc<dyn Broker>,
    pub catalogue: CatalogueClient,
    pub settings: Settings,
}

/// The store and the inbox of one database.
pub struct Stores {
    pub store: Arc<dyn Store>,
    pub inbox: Arc<dyn Inbox>,
}

impl Stores {
    /// Opens the SQLite file at `path` and creates it when it is missing.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn embedded(path: &Path) -> Result<Self, StoreError> {
        let store = SqliteStore::open(path).await?;
        Ok(Self { inbox: Arc::new(store.inbox()), store: Arc::new(store) })
    }

    /// Connects to MySQL.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn mysql(connection: &ConnectionSettings) -> Result<Self, StoreError> {
        let store = MysqlStore::open(connection).await?;
        Ok(Self { inbox: Arc::new(store.inbox()), store: Arc::new(store) })
    }
}

/// Starts the service.
///
/// # Errors
/// When an operation is missing from the access table.
pub async fn start(service_context: ServiceContext, dependencies: Dependencies) -> Result<Service, StartError> {
    let Dependencies { store, inbox, broker, catalogue, settings } = dependencies;
    let system = service_context.system.clone();
    service_context.health.depends_on("database", true, Arc::clone(&store) as _);
    // Not critical: reviews can be read and written while no event arrives.
    service_context.health.depends_on("broker", false, broker.clone());
    let dead_letters = events::api::dead_letters(&[(QUEUE, inbox.clone())], system.clone());
    let handler = Arc::new(PurchaseConsumer(Arc::clone(&store)));
    Consumer::new(QUEUE, inbox, handler, &service_context).start(broker, &service_context.tasks);
    let products = ProductLookup::new(catalogue, system.clone());
    let reviews =
        ReviewService { store, products, settings, system, submitted: service_context.metrics.counter(&REVIEWS) };
    // Dead letters are operations of this service too, with rules of their own.
    let rules = [access::RULES, events::api::RULES].concat();
    service_context.finish(api::routes().with_state(reviews).merge(dead_letters), &rules, &[])
}
