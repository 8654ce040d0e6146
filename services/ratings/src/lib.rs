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
use chassis::{Foundation, Service, StoreError};
use contracts::catalogue::CatalogueClient;
use events::{Broker, Consumer, Inbox};
use products::Products;
use purchases::Purchases;
use review::Unverified;
use std::path::Path;
use std::sync::Arc;
use store::Store;
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

/// Store and inbox in one file.
pub struct Embedded {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The inbox.
    pub inbox: Arc<dyn Inbox>,
}

/// Opens store and inbox in the file at `path`, creating it when missing.
///
/// # Errors
/// When it cannot be opened.
pub async fn open_embedded(path: &Path) -> Result<Embedded, StoreError> {
    let store = SqliteStore::open(path).await?;
    let inbox = Arc::new(store.inbox());
    Ok(Embedded { store: Arc::new(store), inbox })
}

/// Starts the service.
///
/// # Errors
/// When an operation lacks its line in the access table.
pub async fn start(foundation: Foundation, dependencies: Dependencies) -> Result<Service, String> {
    let Dependencies { store, inbox, broker, catalogue, settings } = dependencies;
    let sources = foundation.sources.clone();
    foundation.health.depends_on("database", true, Arc::clone(&store) as _);
    let handler = Arc::new(Purchases(Arc::clone(&store)));
    Consumer::new(QUEUE, inbox, handler, sources.clone()).start(broker, &foundation.tasks);
    let products = Products::new(catalogue, sources.clone());
    let reviews = Reviews { store, products, settings, sources };
    foundation.finish(api::routes().with_state(reviews), access::RULES, &[])
}
