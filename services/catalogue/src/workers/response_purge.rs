//! Deletes stored responses whose retention time is over.

use crate::store::StockStore;
use chassis::SystemContext;
use chassis::idempotency::RETENTION;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PURGE_INTERVAL: Duration = Duration::from_secs(600);

/// Purges stored responses periodically until shutdown.
pub async fn run(stock: Arc<dyn StockStore>, system: SystemContext, stop: CancellationToken) {
    loop {
        tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(PURGE_INTERVAL) => {} }
        let before = system.now().saturating_sub(RETENTION).unwrap_or(Timestamp::MIN);
        // A failed purge delays nothing else: the next interval deletes what is left.
        if let Err(error) = stock.purge_responses(before).await {
            tracing::warn!(%error, "stored responses could not be purged");
        }
    }
}
