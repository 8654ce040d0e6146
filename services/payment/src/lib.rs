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

use chassis::mysql::Address;
use chassis::transport::Transport;
use chassis::{Foundation, Service, Sources, StoreError};
use contracts::cart::CartClient;
use contracts::catalogue::CatalogueClient;
use contracts::payment::OrderLinks;
use events::{Broker, Outbox, Relay};
use gateway::Gateways;
use std::path::Path;
use std::sync::Arc;
use store::{MysqlPayments, PaymentStore, SqlitePayments};

/// What payment stands on.
pub struct Dependencies {
    /// Its payments.
    pub store: Arc<dyn PaymentStore>,
    /// Its outbox, in the same database.
    pub outbox: Arc<dyn Outbox>,
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

/// The payments and the outbox in the same place, whichever database they are in.
pub struct Stores {
    /// The payments.
    pub store: Arc<dyn PaymentStore>,
    /// The outbox.
    pub outbox: Arc<dyn Outbox>,
}

impl Stores {
    /// Opens them within the process, in the file at `path`, creating it when missing.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn embedded(path: &Path, sources: Sources) -> Result<Self, StoreError> {
        let store = SqlitePayments::open(path, sources).await?;
        Ok(Self { outbox: Arc::new(store.outbox()), store: Arc::new(store) })
    }

    /// Opens them in MySQL.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn mysql(address: &Address, sources: Sources) -> Result<Self, StoreError> {
        let store = MysqlPayments::open(address, sources).await?;
        Ok(Self { outbox: Arc::new(store.outbox()), store: Arc::new(store) })
    }
}

/// Starts the service.
///
/// # Errors
/// When it is put together wrongly.
pub fn start(foundation: Foundation, dependencies: Dependencies) -> Result<Service, String> {
    let Dependencies { store, outbox, broker, cart, catalogue, gateways, sandbox, links, base_url } = dependencies;
    foundation.health.depends_on("payments", true, store.clone());
    foundation.health.depends_on("broker", false, broker.clone());
    let engine = Engine::new(store, gateways, catalogue, foundation.sources.clone(), &base_url);
    Relay::new(outbox, broker, foundation.sources.clone()).start(&foundation.tasks);
    let worker = engine.clone();
    foundation.tasks.worker("reconciler", |stop| worker.run(stop));
    let routes = api::routes(Checkout::new(engine, cart, links), sandbox);
    foundation.finish(routes, access::RULES, &[])
}
