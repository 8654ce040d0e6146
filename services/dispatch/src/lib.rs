//! Dispatch: orders, the workflow that carries each of them out, and letters to customers.

mod access;
mod api;
pub mod mail;
pub mod order;
mod orders;
mod postman;
mod settings;
pub mod store;
mod worker;

pub use orders::{Asking, Orders, Viewer};
pub use settings::{Settings, VARIABLES};
pub use worker::{Bell, Worker};

use chassis::mysql::ConnectionSettings;
use chassis::{ServiceContext, Service, SystemContext, StoreError};
use contracts::catalogue::CatalogueClient;
use contracts::payment::{OrderLinks, PaymentClient};
use contracts::shipping::ShippingClient;
use events::{Broker, Consumer, Inbox, Relay};
use mail::{Mailer, Writer};
use postman::Postman;
use std::path::Path;
use std::sync::Arc;
use store::{MysqlOrders, OrderStore, SqliteOrders};

/// What dispatch stands on.
pub struct Dependencies {
    /// Its orders.
    pub store: Arc<dyn OrderStore>,
    /// Its inbox, in the same database.
    pub inbox: Arc<dyn Inbox>,
    /// Where events come from and go to.
    pub broker: Arc<dyn Broker>,
    /// Where stock is committed and released.
    pub catalogue: CatalogueClient,
    /// Where money is taken and given back.
    pub payment: PaymentClient,
    /// Where parcels are announced.
    pub shipping: ShippingClient,
    /// Sends letters.
    pub mailer: Arc<dyn Mailer>,
    /// The links that open orders.
    pub links: OrderLinks,
    /// Whether everybody may read all letters on a page: in demonstrations.
    pub mailbox: bool,
    /// How the shop wants it.
    pub settings: Settings,
}

/// The orders, and inbox and outbox in the same place, whichever database they are in.
pub struct Stores {
    /// The orders.
    pub store: Arc<dyn OrderStore>,
    /// The inbox.
    pub inbox: Arc<dyn Inbox>,
}

impl Stores {
    /// Opens them within the process, in the file at `path`, creating it when missing.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn embedded(path: &Path, writer: Writer, system: SystemContext) -> Result<Self, StoreError> {
        let store = SqliteOrders::open(path, writer, system).await?;
        Ok(Self { inbox: Arc::new(store.inbox()), store: Arc::new(store) })
    }

    /// Opens them in MySQL.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn mysql(address: &ConnectionSettings, writer: Writer, system: SystemContext) -> Result<Self, StoreError> {
        let store = MysqlOrders::open(address, writer, system).await?;
        Ok(Self { inbox: Arc::new(store.inbox()), store: Arc::new(store) })
    }
}

/// Starts the service.
///
/// # Errors
/// When it is put together wrongly.
pub fn start(service_context: ServiceContext, dependencies: Dependencies) -> Result<Service, String> {
    let Dependencies { store, inbox, broker, catalogue, payment, shipping, mailer, links, mailbox, settings } =
        dependencies;
    let (tasks, system) = (service_context.tasks.clone(), service_context.system.clone());
    service_context.health.depends_on("orders", true, store.clone());
    service_context.health.depends_on("broker", false, broker.clone());
    let bell = Bell::default();
    let orders = Orders::new(Arc::clone(&store), payment.clone(), links, system.clone(), bell.clone(), settings);
    let worker = Worker::new(Arc::clone(&store), catalogue, payment, shipping, system.clone(), bell);
    Relay::new(store.outbox(), Arc::clone(&broker), system.clone()).start(&tasks);
    Consumer::new("dispatch", Arc::clone(&inbox), Arc::new(orders.clone()), system.clone()).start(broker, &tasks);
    tasks.worker("saga", |stop| worker.run(stop));
    let postman = Postman::new(store, mailer, system.clone());
    tasks.worker("postman", |stop| postman.run(stop));
    let dead_letters = events::api::dead_letters("dispatch", inbox, system);
    let rules = [access::RULES, events::api::RULES].concat();
    let state = api::State { orders, stop: tasks.stop_signal() };
    service_context.finish(api::routes(state, mailbox).merge(dead_letters), &rules, &[])
}
