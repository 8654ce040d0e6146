//! Payment: checkout, payments with their attempts, gateways, the ledger and receipts.

mod access;
mod api;
pub mod attempt;
mod checkout;
mod commands;
mod engine;
pub mod gateway;
pub mod idempotency;
pub mod ledger;
pub mod payment;
mod settings;
pub mod store;

pub use checkout::{Asked, Checkout};
pub use engine::{Engine, Paying};
pub use settings::{GatewaySettings, SandboxReach, variables};

use chassis::transport::Transport;
use chassis::{ServiceContext, Service};
use contracts::cart::CartClient;
use contracts::catalogue::CatalogueClient;
use contracts::payment::OrderLinks;
use events::{Broker, Relay};
use gateway::Gateways;
use std::sync::Arc;
use store::PaymentStore;

/// What payment stands on.
pub struct Dependencies {
    /// Its payments, with the outbox in the same database.
    pub store: Arc<dyn PaymentStore>,
    /// Where events go.
    pub broker: Arc<dyn Broker>,
    /// Whose carts become orders.
    pub cart: CartClient,
    /// Where stock is held.
    pub catalogue: CatalogueClient,
    /// Those who move the money.
    pub gateways: Gateways,
    /// The way to the sandbox's pages, where it is used.
    pub sandbox: Option<Transport>,
    /// The links that open orders.
    pub links: OrderLinks,
    /// The address customers use, without a slash at the end.
    pub base_url: String,
}

/// Starts the service.
///
/// # Errors
/// When it is put together wrongly.
pub fn start(service_context: ServiceContext, dependencies: Dependencies) -> Result<Service, String> {
    let Dependencies { store, broker, cart, catalogue, gateways, sandbox, links, base_url } = dependencies;
    service_context.health.depends_on("payments", true, store.clone());
    service_context.health.depends_on("broker", false, broker.clone());
    Relay::new(store.outbox(), broker, service_context.system.clone()).start(&service_context.tasks);
    let engine = Engine::new(store, gateways, catalogue, service_context.system.clone(), &base_url);
    let worker = engine.clone();
    service_context.tasks.worker("reconciler", |stop| worker.run(stop));
    let routes = api::routes(Checkout::new(engine, cart, links), sandbox);
    service_context.finish(routes, access::RULES, &[])
}
