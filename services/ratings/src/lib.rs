//! Ratings: scores, written reviews, what they add up to, moderation, and the mark of those who bought what they
//! write about.
//!
//! A product's numbers are counts per star, changed in the transaction of every change of a review, so that they are
//! exact at any moment. Only published reviews count.

pub mod access;
pub mod api;
pub mod products;
pub mod purchases;
pub mod review;
pub mod store;
pub mod tally;

use api::Reviews;
use chassis::config::{Environment, Variable};
use chassis::mysql::ConnectionSettings;
use chassis::{ServiceContext, Service, StoreError};
use contracts::catalogue::CatalogueClient;
use events::{Broker, Consumer, Inbox};
use products::Products;
use purchases::Purchases;
use review::Unverified;
use std::path::Path;
use std::sync::Arc;
use store::Store;
use store::mysql::MysqlStore;
use store::sqlite::SqliteStore;

/// The queue ratings consumes.
const QUEUE: &str = "ratings";

/// Whether reviews by accounts that did not buy the product wait for staff.
pub const MODERATE_UNVERIFIED: Variable = Variable {
    name: "RATINGS_MODERATE_UNVERIFIED",
    default: "false",
    help: "whether reviews by accounts that did not buy the product wait for staff (true or false)",
};

/// The variables ratings reads.
pub const VARIABLES: &[Variable] = &[MODERATE_UNVERIFIED];

/// How the shop wants its reviews.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings {
    /// What becomes of reviews by accounts that did not buy the product.
    pub unverified: Unverified,
}

impl Settings {
    /// The settings in `environment`, which remembers what is wrong with them.
    pub fn read(environment: &mut Environment) -> Self {
        let moderate = environment.parse::<bool>(&MODERATE_UNVERIFIED).unwrap_or_default();
        Self { unverified: if moderate { Unverified::Moderated } else { Unverified::Published } }
    }
}

/// What ratings depends on.
pub struct Dependencies {
    /// Its store.
    pub store: Arc<dyn Store>,
    /// The inbox in the same database.
    pub inbox: Arc<dyn Inbox>,
    /// Where delivered orders are told.
    pub broker: Arc<dyn Broker>,
    /// Knows the products.
    pub catalogue: CatalogueClient,
    /// How the shop wants it.
    pub settings: Settings,
}

/// The store and the inbox in it, whichever database they are in.
pub struct Stores {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The inbox in it.
    pub inbox: Arc<dyn Inbox>,
}

impl Stores {
    /// Opens the store within the process, in the file at `path`, creating it when missing.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn embedded(path: &Path) -> Result<Self, StoreError> {
        let store = SqliteStore::open(path).await?;
        Ok(Self { inbox: Arc::new(store.inbox()), store: Arc::new(store) })
    }

    /// Opens the store in MySQL.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn mysql(address: &ConnectionSettings) -> Result<Self, StoreError> {
        let store = MysqlStore::open(address).await?;
        Ok(Self { inbox: Arc::new(store.inbox()), store: Arc::new(store) })
    }
}

/// Starts the service.
///
/// # Errors
/// When an operation lacks its line in the access table.
pub async fn start(service_context: ServiceContext, dependencies: Dependencies) -> Result<Service, String> {
    let Dependencies { store, inbox, broker, catalogue, settings } = dependencies;
    let system = service_context.system.clone();
    service_context.health.depends_on("database", true, Arc::clone(&store) as _);
    service_context.health.depends_on("broker", false, broker.clone());
    let dead_letters = events::api::dead_letters(QUEUE, Arc::clone(&inbox), system.clone());
    let handler = Arc::new(Purchases(Arc::clone(&store)));
    Consumer::new(QUEUE, inbox, handler, system.clone()).start(broker, &service_context.tasks);
    let products = Products::new(catalogue, system.clone());
    let reviews = Reviews { store, products, settings, system };
    let rules = [access::RULES, events::api::RULES].concat();
    service_context.finish(api::routes().with_state(reviews).merge(dead_letters), &rules, &[])
}
