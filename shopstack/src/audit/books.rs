//! The books an audit reads. It writes nothing, and may read while the shop runs.

use super::GatewayBooks;
use crate::compose::Backends;
use crate::compose::sandbox::BOOKS;
use catalogue::store::{MongoStock, SqliteStock, StockStore};
use chassis::secret::SecretKey;
use chassis::transport::Transport;
use chassis::{SystemContext, StoreError};
use contracts::events::TOPOLOGY;
use contracts::payment::OrderLinks;
use dispatch::mail::Writer;
use dispatch::store::{OrderStore, SqliteOrders};
use events::broker::{EmbeddedBroker, RabbitBroker};
use events::{Broker, Inbox, Outbox};
use payment::store::{MysqlPayments, PaymentStore, SqlitePayments};
use sandbox::Ledger;
use std::path::Path;
use std::sync::Arc;

/// The books of a shop.
pub struct Books {
    /// Stock and reservations.
    pub stock: Arc<dyn StockStore>,
    /// Payments and the ledger.
    pub payments: Arc<dyn PaymentStore>,
    /// Orders.
    pub orders: Arc<dyn OrderStore>,
    /// Events that services failed with, by their queues.
    pub inboxes: Vec<(&'static str, Arc<dyn Inbox>)>,
    /// Events that are not on their way yet, by the services that tell them.
    pub outboxes: Vec<(&'static str, Arc<dyn Outbox>)>,
    /// Events on their way.
    pub broker: Arc<dyn Broker>,
    /// The gateway's side, where it can be read.
    pub gateway: Option<GatewayBooks>,
}

impl Books {
    /// Opens the books in `folder`; the sandbox's are there too, unless it is `elsewhere`.
    ///
    /// # Errors
    /// When there is no shop, or a file cannot be opened.
    pub async fn open(folder: &Path, elsewhere: Option<Transport>, system: &SystemContext) -> Result<Self, StoreError> {
        if !folder.join("payment.db").exists() {
            let told = format!("there is no shop in {}; name its folder with --data-dir", folder.display());
            return Err(StoreError::Unavailable(told));
        }
        let stock = SqliteStock::open(&folder.join("stock.db")).await?;
        let payments = SqlitePayments::open(&folder.join("payment.db"), system.clone()).await?;
        let orders = SqliteOrders::open(&folder.join("dispatch.db"), nobody(), system.clone()).await?;
        let shipping = shipping::Stores::embedded(&folder.join("shipping.db")).await?;
        Ok(Self {
            outboxes: outboxes(&payments, &orders, &stock, shipping.outbox),
            stock: Arc::new(stock),
            payments: Arc::new(payments),
            inboxes: vec![
                ("dispatch", Arc::new(orders.inbox())),
                ("cart", cart::Stores::embedded(&folder.join("cart.db")).await?.inbox),
                ("ratings", ratings::Stores::embedded(&folder.join("ratings.db")).await?.inbox),
            ],
            orders: Arc::new(orders),
            broker: Arc::new(EmbeddedBroker::open(&folder.join("broker.db"), TOPOLOGY).await?),
            gateway: gateway(folder, elsewhere).await?,
        })
    }

    /// Opens the books in these backends; the sandbox's own are in `folder`, if there are any, unless it is `elsewhere`.
    ///
    /// # Errors
    /// When a backend cannot be reached.
    pub async fn of(
        backends: &Backends,
        folder: &Path,
        elsewhere: Option<Transport>,
        system: &SystemContext,
    ) -> Result<Self, StoreError> {
        let stock = MongoStock::open(&backends.mongo).await?;
        let payments = MysqlPayments::open(&backends.mysql, system.clone()).await?;
        let orders = dispatch::Stores::mysql(&backends.mysql, nobody(), system.clone()).await?;
        let shipping = shipping::Stores::mysql(&backends.mysql).await?;
        Ok(Self {
            outboxes: outboxes(&payments, &*orders.store, &stock, shipping.outbox),
            stock: Arc::new(stock),
            payments: Arc::new(payments),
            inboxes: vec![
                ("dispatch", orders.inbox),
                ("cart", cart::Stores::redis(&backends.redis).await?.inbox),
                ("ratings", ratings::Stores::mysql(&backends.mysql).await?.inbox),
            ],
            orders: orders.store,
            broker: Arc::new(RabbitBroker::unconnected(backends.rabbitmq.clone(), TOPOLOGY)),
            gateway: gateway(folder, elsewhere).await?,
        })
    }

    /// Events that were given up.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn dead_letters(&self) -> Result<Vec<events::Failure>, StoreError> {
        let mut all = Vec::new();
        for (_, inbox) in &self.inboxes {
            all.extend(inbox.dead_letters(1000).await?);
        }
        Ok(all)
    }
}

fn outboxes(
    payments: &dyn PaymentStore,
    orders: &dyn OrderStore,
    stock: &dyn StockStore,
    shipping: Arc<dyn Outbox>,
) -> Vec<(&'static str, Arc<dyn Outbox>)> {
    vec![
        ("payment", payments.outbox()),
        ("dispatch", orders.outbox()),
        ("catalogue", stock.outbox()),
        ("shipping", shipping),
    ]
}

/// Writes no letters: for those who only read orders, or move them.
pub fn nobody() -> Writer {
    Writer { shop: String::new(), base_url: String::new(), links: OrderLinks::new(SecretKey::new([0; 32])) }
}

async fn gateway(folder: &Path, elsewhere: Option<Transport>) -> Result<Option<GatewayBooks>, StoreError> {
    if let Some(transport) = elsewhere {
        return Ok(Some(GatewayBooks::Elsewhere(transport)));
    }
    let ledger = folder.join(BOOKS);
    if ledger.exists() { Ok(Some(GatewayBooks::File(Ledger::open(&ledger).await?))) } else { Ok(None) }
}
