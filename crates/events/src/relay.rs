//! The relay: moves events from an outbox to the broker, until the broker has said that it has them.

use crate::broker::Broker;
use crate::outbox::Outbox;
use chassis::tasks::Tasks;
use contracts::EventId;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const BATCH: usize = 100;
const PAUSE: Duration = Duration::from_secs(2);

/// Moves events from one outbox to the broker. Several may run on one outbox: consumers take an event once.
#[derive(Clone)]
pub struct Relay {
    outbox: Arc<dyn Outbox>,
    broker: Arc<dyn Broker>,
}

impl Relay {
    /// A relay between the two.
    pub fn new(outbox: Arc<dyn Outbox>, broker: Arc<dyn Broker>) -> Self {
        Self { outbox, broker }
    }

    /// Relays until shutdown.
    pub fn start(self, tasks: &Tasks) {
        tasks.worker("relay", |stop| self.run(stop));
    }

    async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
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
