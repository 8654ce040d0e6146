//! Cart: what a session is about to buy, priced anew each time it is looked at.

mod access;
mod api;
pub mod cart;
mod carts;
pub mod pricing;
pub mod store;

pub use carts::Carts;

use chassis::{Foundation, Service};
use contracts::catalogue::CatalogueClient;
use contracts::shipping::ShippingClient;
use events::{Broker, Consumer, Inbox};
use std::sync::Arc;
use store::CartStore;

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

/// Starts the service.
///
/// # Errors
/// When it is put together wrongly.
pub fn start(foundation: Foundation, dependencies: Dependencies) -> Result<Service, String> {
    let Dependencies { store, inbox, broker, catalogue, shipping } = dependencies;
    foundation.health.depends_on("carts", true, store.clone());
    let carts = Carts::new(store, catalogue, shipping, foundation.sources.clone());
    Consumer::new("cart", inbox, Arc::new(carts.clone()), foundation.sources.clone()).start(broker, &foundation.tasks);
    foundation.finish(api::routes(carts), access::RULES, &[])
}
