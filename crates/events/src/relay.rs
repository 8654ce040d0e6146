//! The relay moves events from an outbox to the broker until the broker has confirmed them.

use crate::broker::{Broker, BrokerError};
use crate::metrics::{RelayMetrics, SAMPLE_INTERVAL};
use crate::outbox::Outbox;
use crate::{Event, PURGE_INTERVAL};
use chassis::context::Context;
use chassis::tasks::Tasks;
use chassis::telemetry::Tracer;
use chassis::telemetry::trace::spans;
use chassis::{ServiceContext, StoreError, SystemContext};
use contracts::EventId;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const BATCH_SIZE: usize = 100;
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// The time for which published events are retained, for diagnosis.
const RETENTION: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Moves events from one outbox to the broker. Several relays may run on one outbox, since consumers recognise
/// duplicates.
#[derive(Clone)]
pub struct Relay {
    outbox: Arc<dyn Outbox>,
    broker: Arc<dyn Broker>,
    system: SystemContext,
    tracer: Tracer,
    metrics: RelayMetrics,
}

impl Relay {
    /// Creates a relay from the outbox to the broker.
    pub fn new(outbox: Arc<dyn Outbox>, broker: Arc<dyn Broker>, service: &ServiceContext) -> Self {
        let (system, tracer) = (service.system.clone(), service.tracer.clone());
        Self { outbox, broker, system, tracer, metrics: RelayMetrics::new(&service.metrics) }
    }

    /// Starts the worker that relays until shutdown.
    pub fn start(self, tasks: &Tasks) {
        let (metrics, outbox, system) = (self.metrics.clone(), Arc::clone(&self.outbox), self.system.clone());
        // Apart from the relay, which waits while the broker does not respond.
        tasks.periodic("outbox-metrics", SAMPLE_INTERVAL, move || {
            let (metrics, outbox, now) = (metrics.clone(), Arc::clone(&outbox), system.now());
            async move { metrics.sample(outbox.as_ref(), now).await }
        });
        tasks.worker("relay", |stop| self.run(stop));
    }

    async fn run(self, stop: CancellationToken) {
        let mut purge_at = self.system.now();
        while !stop.is_cancelled() {
            if purge_at <= self.system.now() {
                purge_at = self.purge().await;
            }
            match self.relay_batch().await {
                // A full batch means that more events may be waiting, so the next one follows at once.
                Ok(moved) if moved == BATCH_SIZE => {}
                Ok(_) => {
                    tokio::select! {
                        () = stop.cancelled() => return,
                        // The notification covers this process only; events of other replicas are found by polling.
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

    /// Deletes events that were published long ago, and returns the time of the next purge.
    async fn purge(&self) -> Timestamp {
        let now = self.system.now();
        if let Err(error) = self.outbox.purge(now.saturating_sub(RETENTION).unwrap_or(now)).await {
            tracing::warn!(%error, "cannot purge published events; trying again later");
        }
        now.saturating_add(PURGE_INTERVAL).unwrap_or(now)
    }

    /// Moves one batch, and returns the number of events in it.
    ///
    /// # Errors
    /// When the outbox or the broker is unavailable. No event is lost, but some may be published twice.
    pub async fn relay_batch(&self) -> Result<usize, RelayError> {
        let events = self.outbox.unpublished(BATCH_SIZE).await?;
        if events.is_empty() {
            return Ok(0);
        }
        let spans: Vec<Context> = events.iter().map(|event| self.start_span(event, events.len())).collect();
        let published = self.broker.publish(&events).await;
        for span in spans {
            if published.is_err() {
                span.fail("unavailable");
            }
            span.end();
        }
        published?;
        for event in &events {
            self.metrics.published.add_one([&event.kind]);
        }
        // Marked after the confirms. A crash in between publishes the batch again, which the inbox recognises.
        let ids: Vec<EventId> = events.iter().map(|event| event.id).collect();
        self.outbox.mark_published(&ids).await?;
        Ok(events.len())
    }

    /// Starts the span of a publication below the work that caused the event.
    fn start_span(&self, event: &Event, batch: usize) -> Context {
        let span = spans::publish(self.broker.system_name(), &event.kind, event.id.to_string(), batch);
        Context::of_work(&self.tracer, event.origin().as_ref(), span)
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
