//! The cart service: one cart per session, priced on every read.

mod access;
mod api;
pub mod cart;
mod consumers;
pub mod pricing;
mod service;
mod snapshot;
pub mod store;

pub use service::CartService;

use chassis::redis::ConnectionSettings;
use chassis::{Service, ServiceContext, StartError, StoreError};
use contracts::catalogue::CatalogueClient;
use contracts::shipping::ShippingClient;
use events::{Broker, Consumer, Inbox};
use std::path::Path;
use std::sync::Arc;
use store::{CartStore, RedisCarts, SqliteCarts};

/// The dependencies of the cart service.
pub struct Dependencies {
    pub store: Arc<dyn CartStore>,
    /// The inbox in the same database as the store.
    pub inbox: Arc<dyn Inbox>,
    pub broker: Arc<dyn Broker>,
    /// The source of prices, stock and promotions.
    pub catalogue: CatalogueClient,
    /// The source of shipping quotes.
    pub shipping: ShippingClient,
}

/// The carts and the inbox of one database.
pub struct Stores {
    pub store: Arc<dyn CartStore>,
    pub inbox: Arc<dyn Inbox>,
}

impl Stores {
    /// Opens the SQLite file at `path` and creates it when it is missing.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn embedded(path: &Path) -> Result<Self, StoreError> {
        let store = SqliteCarts::open(path).await?;
        Ok(Self { inbox: Arc::new(store.inbox()), store: Arc::new(store) })
    }

    /// Connects to Redis.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn redis(connection: &ConnectionSettings) -> Result<Self, StoreError> {
        let store = RedisCarts::open(connection).await?;
        Ok(Self { inbox: Arc::new(store.inbox()), store: Arc::new(store) })
    }
}

/// Starts the service.
///
/// # Errors
/// When an operation is missing from the access table.
pub fn start(service_context: ServiceContext, dependencies: Dependencies) -> Result<Service, StartError> {
    let Dependencies { store, inbox, broker, catalogue, shipping } = dependencies;
    // Critical: without its store the service can do nothing.
    service_context.health.depends_on("carts", true, store.clone());
    // Not critical: carts can be read and changed while no event arrives.
    service_context.health.depends_on("broker", false, broker.clone());
    let system = &service_context.system;
    let dead_letters = events::api::dead_letters(&[("cart", inbox.clone())], system.clone());
    let carts = CartService::new(store, catalogue, shipping, &service_context);
    Consumer::new("cart", inbox, Arc::new(carts.clone()), &service_context).start(broker, &service_context.tasks);
    let rules = [access::RULES, events::api::RULES].concat();
    service_context.finish(api::routes(carts).merge(dead_letters), &rules, &[])
}
