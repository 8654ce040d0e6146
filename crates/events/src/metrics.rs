//! The metrics of outboxes and inboxes.

use crate::broker::Broker;
use crate::inbox::Inbox;
use crate::outbox::Outbox;
use chassis::ServiceContext;
use chassis::StoreError;
use chassis::telemetry::Metrics;
use chassis::telemetry::metrics::{Counter, Gauge};
use chassis::telemetry::schema::metrics::{
    BROKER_DEAD_LETTERS, DEAD_LETTERS, INBOX_FAILED_EVENTS, INBOX_PROCESSED_EVENTS, OUTBOX_OLDEST_EVENT_AGE,
    OUTBOX_PENDING_EVENTS, OUTBOX_PUBLISHED_EVENTS,
};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// The time between two readings of the numbers that only the store knows.
pub(crate) const SAMPLE_INTERVAL: Duration = Duration::from_secs(15);

/// The metrics of a relay.
#[derive(Clone)]
pub(crate) struct RelayMetrics {
    pending: Gauge<0>,
    oldest_age: Gauge<0>,
    pub(crate) published: Counter<1>,
}

impl RelayMetrics {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        Self {
            pending: metrics.gauge(&OUTBOX_PENDING_EVENTS),
            oldest_age: metrics.gauge(&OUTBOX_OLDEST_EVENT_AGE),
            published: metrics.counter(&OUTBOX_PUBLISHED_EVENTS),
        }
    }

    /// Reads the numbers of the outbox.
    pub(crate) async fn sample(&self, outbox: &dyn Outbox, now: Timestamp) -> Result<(), StoreError> {
        self.pending.set_count(outbox.pending().await?, []);
        let oldest = outbox.unpublished(1).await?;
        let age = oldest.first().map_or(SignedDuration::ZERO, |event| now.duration_since(event.time));
        self.oldest_age.set(age.as_secs_f64().max(0.0), []);
        Ok(())
    }
}

/// The metrics of a consumer.
#[derive(Clone)]
pub(crate) struct ConsumerMetrics {
    pub(crate) processed: Counter<2>,
    failed: Gauge<0>,
    dead: Gauge<0>,
}

impl ConsumerMetrics {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        Self {
            processed: metrics.counter(&INBOX_PROCESSED_EVENTS),
            failed: metrics.gauge(&INBOX_FAILED_EVENTS),
            dead: metrics.gauge(&DEAD_LETTERS),
        }
    }

    /// Reads the numbers of the inbox.
    pub(crate) async fn sample(&self, inbox: &dyn Inbox) -> Result<(), StoreError> {
        let counts = inbox.counts().await?;
        self.failed.set_count(counts.retrying, []);
        self.dead.set_count(counts.dead, []);
        Ok(())
    }
}

/// Measures the number of the broker's dead letters until shutdown. One service of a shop does this for all.
pub fn measure_dead_letters(broker: Arc<dyn Broker>, service: &ServiceContext) {
    let dead = service.metrics.gauge(&BROKER_DEAD_LETTERS);
    service.tasks.periodic("broker-metrics", SAMPLE_INTERVAL, move || {
        let (broker, dead) = (Arc::clone(&broker), dead.clone());
        async move {
            dead.set_count(broker.dead_letter_count().await?, []);
            Ok::<(), crate::BrokerError>(())
        }
    });
}
