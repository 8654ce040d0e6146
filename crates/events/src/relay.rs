//! The relay: moves events from an outbox to the broker, until the broker has said that it has them.

use crate::BETWEEN_CLEANINGS;
use crate::broker::Broker;
use crate::outbox::Outbox;
use chassis::SystemContext;
use chassis::tasks::Tasks;
use contracts::EventId;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const BATCH: usize = 100;
const PAUSE: Duration = Duration::from_secs(2);
/// How long published events are kept, for those who look into what happened.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

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
        let mut clean_at = self.system.now();
        while !stop.is_cancelled() {
            if clean_at <= self.system.now() {
                clean_at = self.clean().await;
            }
            match self.once().await {
                Ok(moved) if moved == BATCH => {}
                Ok(_) => {
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = self.outbox.added() => {}
                        () = tokio::time::sleep(PAUSE) => {}
                    }
                }
                Err(error) => {
                    tracing::warn!(error, "events wait in the outbox");
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(PAUSE) => {}
                    }
                }
            }
        }
    }

    /// Forgets events that were published long ago; says when to do so again.
    async fn clean(&self) -> Timestamp {
        let now = self.system.now();
        if let Err(error) = self.outbox.forget(now.saturating_sub(KEPT).unwrap_or(now)).await {
            tracing::warn!(%error, "cannot forget published events; trying again later");
        }
        now.saturating_add(BETWEEN_CLEANINGS).unwrap_or(now)
    }

    /// Moves one batch; says how many events it had.
    ///
    /// # Errors
    /// When outbox or broker are away: nothing is lost, some events may be published twice.
    pub async fn once(&self) -> Result<usize, String> {
        let events = self.outbox.unpublished(BATCH).await.map_err(|error| error.to_string())?;
        if events.is_empty() {
            return Ok(0);
        }
        self.broker.publish(&events).await.map_err(|error| error.to_string())?;
        let ids: Vec<EventId> = events.iter().map(|event| event.id).collect();
        self.outbox.mark_published(&ids).await.map_err(|error| error.to_string())?;
        Ok(events.len())
    }
}
