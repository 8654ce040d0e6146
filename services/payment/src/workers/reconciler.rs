//! The reconciler: processes payments and webhook events that are due, and purges expired records.

use crate::engine::Engine;
use crate::payment::{Effects, Payment};
use chassis::{Problem, StoreError, idempotency};
use contracts::PaymentId;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const POLL_INTERVAL: Duration = Duration::from_secs(1);
const BATCH_SIZE: usize = 50;
/// The number of scheduled payments that are examined for metrics. More need no exact number to raise an alert.
const MAX_SAMPLED: usize = 500;
const PURGE_INTERVAL: SignedDuration = SignedDuration::from_hours(1);
/// The retention of processed webhook events; longer than any gateway redelivers them.
const WEBHOOK_EVENT_RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Engine {
    /// Processes everything that is due until shutdown.
    pub async fn run(self, stop: CancellationToken) {
        let mut purge_at = self.system.now();
        while !stop.is_cancelled() {
            if purge_at <= self.system.now() {
                purge_at = self.purge().await;
            }
            match self.process_due().await {
                // A full batch means that more is due already: continue without waiting.
                Ok(BATCH_SIZE) => continue,
                Ok(_) => {}
                Err(problem) => tracing::warn!(error = %problem, "cannot process due payments; retrying"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(POLL_INTERVAL) => {}
            }
        }
    }

    /// Processes a batch of due webhook events and payments, and returns the size of the larger batch.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn process_due(&self) -> Result<usize, Problem> {
        let webhook_events = self.process_webhook_events(BATCH_SIZE).await?;
        let due = self.store.list_due(self.system.now(), BATCH_SIZE).await?;
        for id in &due {
            if let Err(problem) = self.process_payment(*id).await {
                tracing::warn!(error = %problem, payment = %id, "cannot process a payment; retrying later");
                self.back_off(*id).await;
            }
        }
        Ok(due.len().max(webhook_events))
    }

    /// Postpones a payment. Otherwise a batch of payments that fail would be fetched again and again, and keep those
    /// behind it from being processed.
    async fn back_off(&self, id: PaymentId) {
        let now = self.system.now();
        let back_off = |payment: &mut Payment| {
            payment.back_off(now);
            Ok(Effects::default())
        };
        if let Err(problem) = self.change(id, back_off).await {
            tracing::warn!(error = %problem, payment = %id, "cannot postpone a payment");
        }
    }

    /// Updates the metrics that need the gateways or the store.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub(crate) async fn sample(&self) -> Result<(), StoreError> {
        let now = self.system.now();
        self.metrics.set_available(self.gateways.all(), now);
        self.metrics.set_unknown(&self.store.list_scheduled(MAX_SAMPLED).await?, now);
        Ok(())
    }

    /// Purges expired idempotency keys and webhook events, and returns the time of the next purge.
    async fn purge(&self) -> Timestamp {
        let now = self.system.now();
        let before = |retention: SignedDuration| now.saturating_sub(retention).unwrap_or(now);
        if let Err(error) = self.store.purge_keys(before(idempotency::RETENTION)).await {
            tracing::warn!(%error, "cannot purge expired idempotency keys; retrying later");
        }
        if let Err(error) = self.store.purge_webhook_events(before(WEBHOOK_EVENT_RETENTION)).await {
            tracing::warn!(%error, "cannot purge processed webhook events; retrying later");
        }
        now.saturating_add(PURGE_INTERVAL).unwrap_or(now)
    }
}
