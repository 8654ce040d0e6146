//! The relay: moves events from an outbox to the broker, until the broker has said that it has them.

use crate::PURGE_INTERVAL;
use crate::broker::{Broker, BrokerError};
use crate::outbox::Outbox;
use chassis::{StoreError, SystemContext};
use chassis::tasks::Tasks;
use contracts::EventId;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const BATCH_SIZE: usize = 100;
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// How long published events are kept, for those who look into what happened.
const RETENTION: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Moves events from one outbox to the broker. Several may run on one outbox: consumers take an event once.
#[derive(Clone)]
pub struct Relay {
    outbox: Arc<dyn Outbox>,
    broker: Arc<dyn Broker>,
    system: SystemContext,
}

impl Relay {
    /// A relay between the two.
    pub fn new(outbox: Arc<dyn Outbox>, broker: Arc<dyn Broker>, system: SystemContext) -> Self {
        Self { outbox, broker, system }
    }

    /// Relays until shutdown.
    pub fn start(self, tasks: &Tasks) {
        tasks.worker("relay", |stop| self.run(stop));
    }

    async fn run(self, stop: CancellationToken) {
        let mut purge_at = self.system.now();
        while !stop.is_cancelled() {
            if purge_at <= self.system.now() {
                purge_at = self.purge().await;
            }
            match self.relay_batch().await {
                Ok(moved) if moved == BATCH_SIZE => {}
                Ok(_) => {
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = self.outbox.added() => {}
                        () = tokio::time::sleep(POLL_INTERVAL) => {}
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot relay events; they stay in the outbox");
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(POLL_INTERVAL) => {}
                    }
                }
            }
        }
    }

    /// Forgets events that were published long ago; says when to do so again.
    async fn purge(&self) -> Timestamp {
        let now = self.system.now();
        if let Err(error) = self.outbox.purge(now.saturating_sub(RETENTION).unwrap_or(now)).await {
            tracing::warn!(%error, "cannot forget published events; trying again later");
        }
        now.saturating_add(PURGE_INTERVAL).unwrap_or(now)
    }

    /// Moves one batch; says how many events it had.
    ///
    /// # Errors
    /// When outbox or broker are away: nothing is lost, some events may be published twice.
    pub async fn relay_batch(&self) -> Result<usize, RelayError> {
        let events = self.outbox.unpublished(BATCH_SIZE).await?;
        if events.is_empty() {
            return Ok(0);
        }
        self.broker.publish(&events).await?;
        let ids: Vec<EventId> = events.iter().map(|event| event.id).collect();
        self.outbox.mark_published(&ids).await?;
        Ok(events.len())
    }
}

/// A batch that could not be moved from the outbox to the broker.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The outbox could not be read or updated.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The broker did not confirm the events.
    #[error(transparent)]
    Broker(#[from] BrokerError),
}
