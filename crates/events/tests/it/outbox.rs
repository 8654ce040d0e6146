//! The outbox, and the relay that empties it.

use crate::samples::{TOPOLOGY, database, placed, placed_after};
use async_trait::async_trait;
use chassis::sqlite::Database;
use events::broker::EmbeddedBroker;
use events::outbox::sqlite::SqliteOutbox;
use events::{Broker, BrokerError, Event, Outbox, Relay, Subscription};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

/// A broker that is away, or whose answers are lost, until it is told to be back.
struct Unsteady {
    inner: EmbeddedBroker,
    away: AtomicBool,
    silent: AtomicBool,
}

#[async_trait]
impl Broker for Unsteady {
    async fn publish(&self, events: &[Event]) -> Result<(), BrokerError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(BrokerError("away".into()));
        }
        self.inner.publish(events).await?;
        if self.silent.load(Ordering::SeqCst) { Err(BrokerError("no answer".into())) } else { Ok(()) }
    }
    async fn subscribe(&self, queue: &'static str) -> Result<Box<dyn Subscription>, BrokerError> {
        self.inner.subscribe(queue).await
    }
}

async fn house() -> (TempDir, Database, Arc<SqliteOutbox>, Arc<Unsteady>) {
    let folder = tempfile::tempdir().unwrap();
    let database = database(folder.path()).await;
    let inner = EmbeddedBroker::open(&folder.path().join("broker.db"), TOPOLOGY).await.unwrap();
    let broker = Unsteady { inner, away: AtomicBool::new(false), silent: AtomicBool::new(false) };
    (folder, database.clone(), Arc::new(SqliteOutbox::new(database)), Arc::new(broker))
}

async fn add(database: &Database, outbox: &SqliteOutbox, events: &[Event]) {
    let mut work = database.begin().await.unwrap();
    for event in events {
        outbox.add(&mut work, event).await.unwrap();
    }
    work.commit().await.unwrap();
}

#[tokio::test]
async fn what_was_not_committed_was_never_told() {
    let (_folder, database, outbox, _) = house().await;
    let mut work = database.begin().await.unwrap();
    outbox.add(&mut work, &placed(1)).await.unwrap();
    drop(work);
    assert!(outbox.unpublished(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_outbox_waits_while_the_broker_is_away() {
    let (_folder, database, outbox, broker) = house().await;
    add(&database, &outbox, &[placed(1), placed(2)]).await;
    let relay = Relay::new(outbox.clone(), broker.clone(), chassis::Sources::system());
    broker.away.store(true, Ordering::SeqCst);
    assert!(relay.once().await.is_err());
    assert_eq!(outbox.unpublished(10).await.unwrap(), [placed(1), placed(2)]);
    broker.away.store(false, Ordering::SeqCst);
    assert_eq!((relay.once().await, relay.once().await), (Ok(2), Ok(0)));
    assert_eq!(broker.inner.waiting().await.unwrap(), 4, "two events in two queues");
}

#[tokio::test]
async fn an_event_whose_confirmation_was_lost_is_published_again() {
    let (_folder, database, outbox, broker) = house().await;
    add(&database, &outbox, &[placed(1)]).await;
    let relay = Relay::new(outbox.clone(), broker.clone(), chassis::Sources::system());
    broker.silent.store(true, Ordering::SeqCst);
    assert!(relay.once().await.is_err());
    broker.silent.store(false, Ordering::SeqCst);
    assert_eq!(relay.once().await, Ok(1));
    assert_eq!(broker.inner.waiting().await.unwrap(), 4, "at least once");
}

#[tokio::test]
async fn more_than_a_batch_goes_out_in_batches() {
    let (_folder, database, outbox, broker) = house().await;
    let all: Vec<Event> = (0..150).map(placed).collect();
    add(&database, &outbox, &all).await;
    let relay = Relay::new(outbox, broker, chassis::Sources::system());
    assert_eq!((relay.once().await, relay.once().await, relay.once().await), (Ok(100), Ok(50), Ok(0)));
}

#[tokio::test]
async fn published_events_are_forgotten_when_old_and_waiting_ones_never() {
    let (_folder, database, outbox, _) = house().await;
    let (old, waiting, young) = (placed_after(0, 1), placed_after(0, 2), placed_after(2, 3));
    add(&database, &outbox, &[old.clone(), waiting.clone(), young.clone()]).await;
    outbox.mark_published(&[old.id, young.id]).await.unwrap();
    let count = || async {
        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM outbox")
            .fetch_one(&mut *database.read().await.unwrap())
            .await
    };
    assert_eq!(count().await.unwrap(), 3);
    assert_eq!(outbox.forget(young.time).await.unwrap(), 1);
    assert_eq!(count().await.unwrap(), 2, "the old one is gone");
    assert_eq!(outbox.unpublished(10).await.unwrap(), [waiting]);
}
