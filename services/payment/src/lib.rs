//! Payment: checkout, payments with their gateway operations, gateways, the ledger and receipts.

mod access;
mod api;
mod checkout;
mod commands;
mod engine;
pub mod gateway;
pub mod idempotency;
pub mod ledger;
mod metrics;
pub mod operation;
pub mod payment;
mod settings;
pub mod store;
mod workers;

pub use checkout::{Checkout, CustomerRequest};
pub use engine::{Engine, PaymentPlan, ResponseSink};
pub use settings::{GatewaySettings, GatewaySetupError, SandboxConnection, variables};

use chassis::transport::Transport;
use chassis::{Service, ServiceContext, StartError};
use contracts::cart::CartClient;
use contracts::catalogue::CatalogueClient;
use contracts::payment::OrderLinks;
use events::{Broker, Relay};
use gateway::Gateways;
use std::sync::Arc;
use std::time::Duration;
use store::PaymentStore;

/// Everything the service needs from its environment.
pub struct Dependencies {
    /// The payment store; its outbox lives in the same database.
    pub store: Arc<dyn PaymentStore>,
    pub broker: Arc<dyn Broker>,
    pub cart: CartClient,
    pub catalogue: CatalogueClient,
    pub gateways: Gateways,
    /// The transport to the sandbox's pages, if the sandbox is used.
    pub sandbox: Option<Transport>,
    /// Signs the links that open orders without a session.
    pub links: OrderLinks,
    /// The public base URL of the shop, without a trailing slash.
    pub base_url: String,
}

/// The time between two updates of metrics that are read from the store.
const METRICS_INTERVAL: Duration = Duration::from_secs(15);

/// Starts the service and its workers.
///
/// # Errors
/// See [`StartError`].
pub fn start(service_context: ServiceContext, dependencies: Dependencies) -> Result<Service, StartError> {
    let Dependencies { store, broker, cart, catalogue, gateways, sandbox, links, base_url } = dependencies;
    service_context.health.depends_on("payments", true, store.clone());
    // The outbox buffers events while the broker is down, so the service stays ready without it.
    service_context.health.depends_on("broker", false, broker.clone());
    Relay::new(store.outbox(), broker, &service_context).start(&service_context.tasks);
    let engine = Engine::new(store, gateways, catalogue, &service_context, &base_url);
    let worker = engine.clone();
    service_context.tasks.worker("reconciler", |stop| worker.run(stop));
    let sampled = engine.clone();
    service_context.tasks.periodic("payment-metrics", METRICS_INTERVAL, move || {
        let engine = sampled.clone();
        async move { engine.sample().await }
    });
    let routes = api::routes(Checkout::new(engine, cart, links), sandbox);
    service_context.finish(routes, access::RULES, &[])
}
