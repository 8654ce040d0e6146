//! Background work of the user service.

use crate::store::Store;
use chassis::SystemContext;
use chassis::tasks::Tasks;
use std::sync::Arc;
use std::time::Duration;

const PURGE_INTERVAL: Duration = Duration::from_secs(3600);
const PURGE_BATCH_SIZE: usize = 200;

/// Starts the worker that deletes expired sessions and refresh tokens once an hour.
pub fn purge_expired_sessions(store: Arc<dyn Store>, system: SystemContext, tasks: &Tasks) {
    tasks.worker("purge-expired-sessions", |stop| async move {
        loop {
            purge(store.as_ref(), &system).await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(PURGE_INTERVAL) => {}
            }
        }
    });
}

/// Deletes everything that has expired. Small batches keep each write transaction short, since SQLite has one writer.
async fn purge(store: &dyn Store, system: &SystemContext) {
    loop {
        match store.purge_expired(system.now(), PURGE_BATCH_SIZE).await {
            // A full batch means that more may have expired.
            Ok(purged) if purged >= PURGE_BATCH_SIZE => tokio::task::yield_now().await,
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(%error, "cannot delete expired sessions; trying again in an hour");
                return;
            }
        }
    }
}
