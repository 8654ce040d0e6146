//! Cart: what a session is about to buy, priced anew each time it is looked at.

mod access;
mod api;
pub mod cart;
mod carts;
pub mod pricing;
pub mod store;

pub use carts::Carts;

use chassis::redis::ConnectionSettings;
use chassis::{ServiceContext, Service, StoreError};
use contracts::catalogue::CatalogueClient;
use contracts::shipping::ShippingClient;
use events::{Broker, Consumer, Inbox};
use std::path::Path;
use std::sync::Arc;
use store::{CartStore, RedisCarts, SqliteCarts};

/// What cart stands on.
pub struct Dependencies {
    /// Its carts.
    pub store: Arc<dyn CartStore>,
    /// Its inbox, in the same database.
    pub inbox: Arc<dyn Inbox>,
    /// Where events come from.
    pub broker: Arc<dyn Broker>,
    /// Prices and stock.
    pub catalogue: CatalogueClient,
    /// Quotes.
    pub shipping: ShippingClient,
}

/// The carts and the inbox in the same place, whichever database they are in.
pub struct Stores {
    /// The carts.
    pub store: Arc<dyn CartStore>,
    /// The inbox.
    pub inbox: Arc<dyn Inbox>,
}

impl Stores {
    /// Opens them within the process, in the file at `path`, creating it when missing.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn embedded(path: &Path) -> Result<Self, StoreError> {
        let store = SqliteCarts::open(path).await?;
        Ok(Self { inbox: Arc::new(store.inbox()), store: Arc::new(store) })
    }

    /// Opens them in Redis.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn redis(address: &ConnectionSettings) -> Result<Self, StoreError> {
        let store = RedisCarts::open(address).await?;
        Ok(Self { inbox: Arc::new(store.inbox()), store: Arc::new(store) })
    }
}

/// Starts the service.
///
/// # Errors
/// When it is put together wrongly.
pub fn start(service_context: ServiceContext, dependencies: Dependencies) -> Result<Service, String> {
    let Dependencies { store, inbox, broker, catalogue, shipping } = dependencies;
    service_context.health.depends_on("carts", true, store.clone());
    service_context.health.depends_on("broker", false, broker.clone());
    let dead_letters = events::api::dead_letters("cart", Arc::clone(&inbox), service_context.system.clone());
    let carts = Carts::new(store, catalogue, shipping, service_context.system.clone());
    Consumer::new("cart", inbox, Arc::new(carts.clone()), service_context.system.clone()).start(broker, &service_context.tasks);
    let rules = [access::RULES, events::api::RULES].concat();
    service_context.finish(api::routes(carts).merge(dead_letters), &rules, &[])
}
