//! The background worker: carries out scheduled events and delivers webhooks.

use crate::Sandbox;
use chassis::StoreError;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The time between two checks for due work.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// The time that requests in progress have to finish at shutdown.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

impl Sandbox {
    /// Processes scheduled events and webhooks until `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let done = self.run_once().await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the sandbox ledger is unavailable, retrying");
                0
            });
            // A full batch may have left more behind.
            if done > 0 {
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.0.work_added.notified() => {}
                () = tokio::time::sleep(POLL_INTERVAL) => {}
            }
        }
        self.0.tasks.shut_down(SHUTDOWN_TIMEOUT).await;
    }

    /// Processes the events and webhooks that are due now, and returns their number.
    ///
    /// # Errors
    /// When the ledger is unavailable.
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        // Scheduled events come first, so that their webhooks are delivered in this pass.
        Ok(self.process_due().await? + self.send_webhooks().await?)
    }
}
