//! The conformance suite of outboxes, run through the relay.

use crate::on_all_outboxes;
use crate::samples::{TOPOLOGY, placed, placed_after};
use crate::test_database::Producer;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::{Check, CheckError};
use contracts::EventId;
use events::broker::EmbeddedBroker;
use events::{Broker, BrokerError, DeadLetters, Event, Failure, Relay, Subscription};
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;
use testkit::TestEnvironment;

/// A broker that can be made unavailable (`away`) or made to lose its confirms (`silent`).
struct Unsteady {
    inner: EmbeddedBroker,
    away: AtomicBool,
    silent: AtomicBool,
}

#[async_trait]
impl Check for Unsteady {
    async fn check(&self) -> Result<(), CheckError> {
        self.inner.check().await
    }
}

#[async_trait]
impl Broker for Unsteady {
    fn system_name(&self) -> &'static str {
        "test"
    }

    async fn publish(&self, events: &[Event]) -> Result<(), BrokerError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(BrokerError("away".into()));
        }
        self.inner.publish(events).await?;
        if self.silent.load(Ordering::SeqCst) { Err(BrokerError("no answer".into())) } else { Ok(()) }
    }
    async fn pending(&self) -> Result<u64, BrokerError> {
        self.inner.pending().await
    }
    async fn dead_letter_count(&self) -> Result<u64, BrokerError> {
        self.inner.dead_letter_count().await
    }
    async fn subscribe(&self, queue: &'static str) -> Result<Box<dyn Subscription>, BrokerError> {
        self.inner.subscribe(queue).await
    }
}

#[async_trait]
impl DeadLetters for Unsteady {
    async fn dead_letters(&self, limit: usize) -> Result<Vec<Failure>, StoreError> {
        self.inner.dead_letters(limit).await
    }
    async fn dead_letter(&self, id: EventId) -> Result<Option<Failure>, StoreError> {
        self.inner.dead_letter(id).await
    }
    async fn replay(&self, id: EventId, now: Timestamp) -> Result<bool, StoreError> {
        self.inner.replay(id, now).await
    }
    async fn discard(&self, id: EventId, reason: &str) -> Result<bool, StoreError> {
        self.inner.discard(id, reason).await
    }
}

async fn unsteady() -> (TempDir, Arc<Unsteady>) {
    let folder = tempfile::tempdir().unwrap();
    let inner = EmbeddedBroker::open(&folder.path().join("broker.db"), TOPOLOGY).await.unwrap();
    (folder, Arc::new(Unsteady { inner, away: AtomicBool::new(false), silent: AtomicBool::new(false) }))
}

pub async fn an_uncommitted_event_is_never_published(test_database: Arc<dyn Producer>) {
    test_database.add(&[placed(1)], false).await;
    assert!(test_database.outbox().unpublished(10).await.unwrap().is_empty());
}

pub async fn events_stay_in_the_outbox_while_the_broker_is_unavailable(test_database: Arc<dyn Producer>) {
    let ((_folder, broker), outbox) = (unsteady().await, test_database.outbox());
    test_database.add(&[placed(1), placed(2)], true).await;
    let relay = Relay::new(outbox.clone(), broker.clone(), &TestEnvironment::default().service_context("payment"));
    broker.away.store(true, Ordering::SeqCst);
    assert!(relay.relay_batch().await.is_err());
    assert_eq!(outbox.unpublished(10).await.unwrap(), [placed(1), placed(2)]);
    broker.away.store(false, Ordering::SeqCst);
    assert_eq!((batch(&relay).await, batch(&relay).await), (2, 0));
    assert_eq!(broker.inner.pending().await.unwrap(), 4, "two events in two queues");
}

pub async fn an_event_with_a_lost_confirm_is_published_again(test_database: Arc<dyn Producer>) {
    let ((_folder, broker), outbox) = (unsteady().await, test_database.outbox());
    test_database.add(&[placed(1)], true).await;
    let relay = Relay::new(outbox.clone(), broker.clone(), &TestEnvironment::default().service_context("payment"));
    broker.silent.store(true, Ordering::SeqCst);
    assert!(relay.relay_batch().await.is_err());
    broker.silent.store(false, Ordering::SeqCst);
    assert_eq!(batch(&relay).await, 1);
    assert_eq!(broker.inner.pending().await.unwrap(), 4, "at least once");
}

pub async fn a_large_outbox_is_published_in_batches(test_database: Arc<dyn Producer>) {
    let ((_folder, broker), outbox) = (unsteady().await, test_database.outbox());
    let all: Vec<Event> = (0..150).map(placed).collect();
    test_database.add(&all, true).await;
    let relay = Relay::new(outbox, broker, &TestEnvironment::default().service_context("payment"));
    assert_eq!((batch(&relay).await, batch(&relay).await, batch(&relay).await), (100, 50, 0));
}

pub async fn old_published_events_are_purged_unpublished_ones_never(test_database: Arc<dyn Producer>) {
    let outbox = test_database.outbox();
    let (old, pending, young) = (placed_after(0, 1), placed_after(0, 2), placed_after(2, 3));
    test_database.add(&[old.clone(), pending.clone(), young.clone()], true).await;
    outbox.mark_published(&[old.id, young.id]).await.unwrap();
    assert_eq!(test_database.outbox_len().await, 3);
    assert_eq!(outbox.purge(young.time).await.unwrap(), 1);
    assert_eq!(test_database.outbox_len().await, 2, "the old one is gone");
    assert_eq!(outbox.unpublished(10).await.unwrap(), [pending]);
}

pub async fn events_since_a_time_can_be_published_again(test_database: Arc<dyn Producer>) {
    let outbox = test_database.outbox();
    let (old, pending, young) = (placed_after(0, 1), placed_after(2, 2), placed_after(2, 3));
    test_database.add(&[old.clone(), pending.clone(), young.clone()], true).await;
    outbox.mark_published(&[old.id, young.id]).await.unwrap();
    assert_eq!(outbox.republish(pending.time).await.unwrap(), 1, "one is old, and one was not published yet");
    assert_eq!(outbox.unpublished(10).await.unwrap(), [pending, young]);
}

on_all_outboxes!(
    an_uncommitted_event_is_never_published,
    events_stay_in_the_outbox_while_the_broker_is_unavailable,
    an_event_with_a_lost_confirm_is_published_again,
    a_large_outbox_is_published_in_batches,
    old_published_events_are_purged_unpublished_ones_never,
    events_since_a_time_can_be_published_again,
);

/// Relays one batch and returns the number of events in it.
async fn batch(relay: &Relay) -> usize {
    relay.relay_batch().await.unwrap()
}
