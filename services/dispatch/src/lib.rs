//! Dispatch: orders, their fulfilment workflow, and emails to customers.

mod access;
mod api;
mod consumers;
mod documents;
pub mod mail;
mod messages;
mod metrics;
pub mod order;
mod order_notifier;
mod service;
mod settings;
pub mod store;
mod views;
mod workers;

pub use metrics::DispatchMetrics;
pub use order_notifier::OrderNotifier;
pub use service::{OrderService, Requester};
pub use settings::{Settings, VARIABLES};
pub use views::Viewer;
pub use workers::fulfilment::FulfilmentWorker;
pub use workers::messages::MessageWorker;

use chassis::mysql::ConnectionSettings;
use chassis::{Service, ServiceContext, StartError, StoreError, SystemContext};
use contracts::catalogue::CatalogueClient;
use contracts::dispatch::MessageChannel;
use contracts::payment::{OrderLinks, PaymentClient};
use contracts::shipping::ShippingClient;
use events::{Broker, Consumer, Inbox, Relay};
use mail::{EmailRenderer, MessageSender, ShopContent};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use store::{MysqlOrders, OrderStore, SqliteOrders};

/// The dependencies of the dispatch service.
pub struct Dependencies {
    pub store: Arc<dyn OrderStore>,
    /// The inbox in the same database as the store.
    pub inbox: Arc<dyn Inbox>,
    pub broker: Arc<dyn Broker>,
    /// Commits and releases reserved stock.
    pub catalogue: CatalogueClient,
    /// Captures, voids and refunds payments.
    pub payment: PaymentClient,
    /// Creates and cancels shipments.
    pub shipping: ShippingClient,
    /// Sends emails to customers and to the merchant.
    pub mailer: Arc<dyn MessageSender>,
    /// Sends webhooks to the merchant's program; `None` where there is none.
    pub webhooks: Option<Arc<dyn MessageSender>>,
    /// The shop's name and legal texts in emails, which follow those of catalogue.
    pub content: ShopContent,
    /// The signer of links to orders.
    pub links: OrderLinks,
    /// True in demonstrations, where a public page shows all emails.
    pub mailbox: bool,
    pub settings: Settings,
}

/// The orders and the inbox of one database.
pub struct Stores {
    pub store: Arc<dyn OrderStore>,
    pub inbox: Arc<dyn Inbox>,
    /// The shop's name and legal texts in the emails that the store writes.
    pub content: ShopContent,
}

impl Stores {
    /// Opens the SQLite file at `path` and creates it when it is missing.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn embedded(path: &Path, renderer: EmailRenderer, system: SystemContext) -> Result<Self, StoreError> {
        let content = renderer.shop.clone();
        let store = SqliteOrders::open(path, renderer, system).await?;
        Ok(Self { inbox: Arc::new(store.inbox()), store: Arc::new(store), content })
    }

    /// Connects to MySQL.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn mysql(
        connection: &ConnectionSettings,
        renderer: EmailRenderer,
        system: SystemContext,
    ) -> Result<Self, StoreError> {
        let content = renderer.shop.clone();
        let store = MysqlOrders::open(connection, renderer, system).await?;
        Ok(Self { inbox: Arc::new(store.inbox()), store: Arc::new(store), content })
    }
}

/// The time between two counts of the open orders.
const METRICS_INTERVAL: Duration = Duration::from_secs(15);
/// The time after which a new name of the shop, or a new legal text, is in emails.
const CONTENT_INTERVAL: Duration = Duration::from_secs(30);
/// The time after which the content of the shop is read again when that failed at the start.
const CONTENT_RETRY: Duration = Duration::from_secs(1);

/// Starts the service with its workers.
///
/// # Errors
/// When an operation is missing from the access table.
pub fn start(service_context: ServiceContext, dependencies: Dependencies) -> Result<Service, StartError> {
    let Dependencies {
        store,
        inbox,
        broker,
        catalogue,
        payment,
        shipping,
        mailer,
        webhooks,
        content,
        links,
        mailbox,
        settings,
    } = dependencies;
    let (tasks, system) = (service_context.tasks.clone(), service_context.system.clone());
    service_context.health.depends_on("orders", true, store.clone());
    // Not critical: orders can be read and changed while no event arrives.
    service_context.health.depends_on("broker", false, broker.clone());
    let (notifier, metrics) = (OrderNotifier::default(), DispatchMetrics::new(&service_context.metrics));
    let catalogue_of_content = catalogue.clone();
    let orders = OrderService::new(
        Arc::clone(&store),
        payment.clone(),
        shipping.clone(),
        links,
        system.clone(),
        notifier.clone(),
        settings,
    )
    .with_content(content.clone());
    let fulfilment = {
        let metrics = metrics.clone();
        FulfilmentWorker::new(Arc::clone(&store), catalogue, payment, shipping, &service_context, metrics, notifier)
    };
    Relay::new(store.outbox(), Arc::clone(&broker), &service_context).start(&tasks);
    let consumer = Consumer::new("dispatch", Arc::clone(&inbox), Arc::new(orders.clone()), &service_context);
    // Events wait until the legal texts are known, since the email that confirms an order has them.
    let (broker_of_events, tasks_of_events) = (Arc::clone(&broker), tasks.clone());
    tasks.worker("shop-content", |stop| async move {
        while let Err(error) = content.refresh(&catalogue_of_content).await {
            tracing::warn!(%error, "the legal texts of the shop cannot be read; events wait for them");
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(CONTENT_RETRY) => {} }
        }
        consumer.start(broker_of_events, &tasks_of_events);
        loop {
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(CONTENT_INTERVAL) => {} }
            if let Err(error) = content.refresh(&catalogue_of_content).await {
                tracing::warn!(%error, "the name and the legal texts of the shop cannot be read; the former ones stay");
            }
        }
    });
    events::measure_dead_letters(Arc::clone(&broker), &service_context);
    tasks.worker("fulfilment", |stop| fulfilment.run(stop));
    let (counted, orders_metrics, clock) = (Arc::clone(&store), metrics.clone(), system.clone());
    tasks.periodic("order-metrics", METRICS_INTERVAL, move || {
        let (store, metrics, now) = (Arc::clone(&counted), orders_metrics.clone(), clock.now());
        async move { metrics.sample(store.as_ref(), now).await }
    });
    if let Some(sender) = webhooks {
        let (store, system, metrics) = (Arc::clone(&store), system.clone(), metrics.clone());
        let webhooks = MessageWorker::new(MessageChannel::Webhook, store, sender, system, metrics);
        tasks.worker("webhook", |stop| webhooks.run(stop));
    }
    let emails = MessageWorker::new(MessageChannel::Email, store, mailer, system.clone(), metrics);
    tasks.worker("email", |stop| emails.run(stop));
    // Dispatch shows those of the broker as well, since they do not belong to one consumer.
    let dead_letters = events::api::dead_letters(&[("dispatch", inbox), (events::api::BROKER, broker)], system);
    let rules = [access::RULES, events::api::RULES].concat();
    let state = api::ApiState { orders, stop: tasks.stop_signal() };
    service_context.finish(api::routes(state, mailbox).merge(dead_letters), &rules, &[])
}
