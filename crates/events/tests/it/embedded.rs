//! Runs the conformance suite of brokers on the embedded broker.

use crate::broker::{self, Reopen};
use crate::samples::{TOPOLOGY, placed};
use events::Broker;
use events::broker::EmbeddedBroker;
use std::sync::Arc;
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    async fn broker(&self) -> EmbeddedBroker {
        EmbeddedBroker::open(&self.0.path().join("broker.db"), TOPOLOGY).await.unwrap()
    }
}

#[async_trait::async_trait]
impl Reopen for Folder {
    async fn open(&self) -> Arc<dyn Broker> {
        Arc::new(self.broker().await)
    }

    async fn put(&self, body: &str) {
        let broker = self.broker().await;
        let mut work = broker.database().begin().await.unwrap();
        sqlx::query("INSERT INTO messages (queue, body) VALUES ('placed', ?1), ('both', ?1)")
            .bind(body)
            .execute(&mut *work)
            .await
            .unwrap();
        work.commit().await.unwrap();
    }
}

macro_rules! conforms {
    ($($name:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $name() {
            broker::$name(&Folder::new()).await;
        })*
    };
}

conforms!(
    every_bound_queue_receives_an_event,
    an_event_is_delivered_unchanged,
    published_events_survive_the_process,
    an_unacknowledged_event_is_redelivered,
    subscriptions_of_one_queue_share_its_events,
    one_who_waits_is_woken,
    many_publish_at_once,
    an_unknown_queue_is_refused,
    an_undecodable_message_is_listed_until_it_is_discarded,
    a_replayed_message_returns_to_its_queue,
);

#[tokio::test]
async fn an_undecodable_message_is_set_aside_without_blocking_the_queue() {
    let folder = Folder::new();
    let broker = folder.broker().await;
    let mut work = broker.database().begin().await.unwrap();
    sqlx::query("INSERT INTO messages (queue, body) VALUES ('placed', '{}')").execute(&mut *work).await.unwrap();
    work.commit().await.unwrap();
    broker.publish(&[placed(1)]).await.unwrap();
    let mut subscription = broker.subscribe("placed").await.unwrap();
    let delivery = subscription.next().await.unwrap();
    assert_eq!(delivery.event.id, placed(1).id);
    delivery.acknowledge().await.unwrap();
    assert_eq!(broker.pending().await.unwrap(), 1, "the copy in the other queue");
    assert_eq!(broker.dead_letter_count().await.unwrap(), 1);
}
