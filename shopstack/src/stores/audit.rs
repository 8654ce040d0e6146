//! The stores that an audit reads. It reads while the shop runs, and writes only what a person confirms.

use super::{Backends, DataDir, GatewayLedger};
use catalogue::store::StockStore;
use chassis::transport::Transport;
use chassis::{StoreError, SystemContext};
use dispatch::mail::EmailRenderer;
use dispatch::store::OrderStore;
use events::{Broker, Failure, Inbox, Outbox};
use payment::store::PaymentStore;
use std::path::Path;
use std::sync::Arc;

/// The number of dead letters that are read of each inbox.
const MAX_DEAD_LETTERS: usize = 1000;

/// The stores of a shop whose data must agree.
pub struct AuditStores {
    pub stock: Arc<dyn StockStore>,
    /// Payments and the ledger.
    pub payments: Arc<dyn PaymentStore>,
    pub orders: Arc<dyn OrderStore>,
    /// The inboxes of all consumers, by the names of their queues.
    pub inboxes: Vec<(&'static str, Arc<dyn Inbox>)>,
    /// The outboxes of all services that publish events, by the names of the services.
    pub outboxes: Vec<(&'static str, Arc<dyn Outbox>)>,
    /// The broker of events.
    pub broker: Arc<dyn Broker>,
    /// The gateway's ledger, if it can be read.
    pub gateway: Option<GatewayLedger>,
}

impl AuditStores {
    pub(super) async fn embedded(
        data_dir: &DataDir,
        gateway: Option<Transport>,
        system: &SystemContext,
    ) -> Result<Self, StoreError> {
        let (stock, payments) = (data_dir.stock().await?, data_dir.payments(system).await?);
        // No repair causes an email, so the settings that emails need are not required.
        let dispatch = data_dir.dispatch(EmailRenderer::disabled(), system).await?;
        let (cart, ratings) = (data_dir.cart().await?, data_dir.ratings().await?);
        Ok(Self {
            outboxes: outboxes(&payments, &*dispatch.store, &stock, data_dir.shipping().await?.outbox),
            stock: Arc::new(stock),
            payments: Arc::new(payments),
            inboxes: vec![("dispatch", dispatch.inbox), ("cart", cart.inbox), ("ratings", ratings.inbox)],
            orders: dispatch.store,
            broker: Arc::new(data_dir.broker().await?),
            // Missing without the sandbox; the comparison with the gateway is then skipped.
            gateway: GatewayLedger::open(data_dir.path(), gateway).await?,
        })
    }

    pub(super) async fn production(
        backends: &Backends,
        data_dir: &Path,
        gateway: Option<Transport>,
        system: &SystemContext,
    ) -> Result<Self, StoreError> {
        let (stock, payments) = (backends.stock().await?, backends.payments(system).await?);
        let dispatch = backends.dispatch(EmailRenderer::disabled(), system).await?;
        let (cart, ratings) = (backends.cart().await?, backends.ratings().await?);
        Ok(Self {
            outboxes: outboxes(&payments, &*dispatch.store, &stock, backends.shipping().await?.outbox),
            stock: Arc::new(stock),
            payments: Arc::new(payments),
            inboxes: vec![("dispatch", dispatch.inbox), ("cart", cart.inbox), ("ratings", ratings.inbox)],
            orders: dispatch.store,
            broker: Arc::new(backends.broker()),
            gateway: GatewayLedger::open(data_dir, gateway).await?,
        })
    }

    /// The events that consumers have given up on, and the messages that the broker has given up, if it can be reached.
    ///
    /// # Errors
    /// [`StoreError`] if an inbox cannot be read.
    pub async fn dead_letters(&self) -> Result<Vec<Failure>, StoreError> {
        let mut all = Vec::new();
        for (_, inbox) in &self.inboxes {
            all.extend(inbox.dead_letters(MAX_DEAD_LETTERS).await?);
        }
        // The audit reports by itself that the broker is away.
        all.extend(self.broker.dead_letters(MAX_DEAD_LETTERS).await.unwrap_or_default());
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
