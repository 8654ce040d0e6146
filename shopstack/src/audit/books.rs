//! The books an audit reads. It writes nothing, and may read while the shop runs.

use catalogue::store::{SqliteStock, StockStore};
use chassis::secret::SecretKey;
use chassis::{Sources, StoreError};
use contracts::events::TOPOLOGY;
use contracts::payment::OrderLinks;
use dispatch::mail::Writer;
use dispatch::store::{OrderStore, SqliteOrders};
use events::broker::EmbeddedBroker;
use events::{Inbox, inbox::sqlite::SqliteInbox};
use payment::gateway::sandbox::SandboxLedger;
use payment::store::{PaymentStore, SqlitePayments};
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
    /// Events dispatch has failed with.
    pub inbox: SqliteInbox,
    /// Events on their way.
    pub broker: EmbeddedBroker,
    /// The sandbox's side.
    pub sandbox: Option<SandboxLedger>,
}

impl Books {
    /// Opens the books in `folder`.
    ///
    /// # Errors
    /// When there is no shop, or a file cannot be opened.
    pub async fn open(folder: &Path, sources: &Sources) -> Result<Self, StoreError> {
        if !folder.join("payment.db").exists() {
            let told = format!("there is no shop in {}; name its folder with --data-dir", folder.display());
            return Err(StoreError::Unavailable(told));
        }
        // Audits write no letters.
        let writer =
            Writer { shop: String::new(), base_url: String::new(), links: OrderLinks::new(SecretKey::new([0; 32])) };
        let orders = SqliteOrders::open(&folder.join("dispatch.db"), writer, sources.clone()).await?;
        let ledger = folder.join("sandbox-gateway.db");
        Ok(Self {
            stock: Arc::new(SqliteStock::open(&folder.join("stock.db")).await?),
            payments: Arc::new(SqlitePayments::open(&folder.join("payment.db"), sources.clone()).await?),
            inbox: orders.inbox(),
            orders: Arc::new(orders),
            broker: EmbeddedBroker::open(&folder.join("broker.db"), TOPOLOGY).await?,
            sandbox: if ledger.exists() { Some(SandboxLedger::open(&ledger).await?) } else { None },
        })
    }

    /// Events that were given up.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn dead_letters(&self) -> Result<Vec<events::Failure>, StoreError> {
        self.inbox.dead_letters(1000).await
    }
}
