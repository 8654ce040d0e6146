//! The worker that deletes expired quotes.

use crate::store::Store;
use chassis::SystemContext;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PURGE_INTERVAL: Duration = Duration::from_secs(600);
/// The number of quotes deleted in one transaction.
const BATCH_SIZE: usize = 500;

/// Deletes expired quotes in batches until shutdown. Queries ignore expired quotes, so nothing depends on the deletion.
pub async fn run(store: Arc<dyn Store>, system: SystemContext, stop: CancellationToken) {
    loop {
        tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(PURGE_INTERVAL) => {} }
        loop {
            match store.delete_expired_quotes(system.now(), BATCH_SIZE).await {
                // A full batch: there may be more.
                Ok(BATCH_SIZE) if !stop.is_cancelled() => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "cannot delete expired quotes; trying again later");
                    break;
                }
            }
        }
    }
}
