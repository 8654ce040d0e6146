//! The conformance suite of inboxes, run through the consumer.

use crate::on_all_inboxes;
use crate::samples::{TOPOLOGY, moment, placed, placed_after};
use crate::test_database::TestDatabase;
use async_trait::async_trait;
use chassis::tasks::Tasks;
use events::broker::EmbeddedBroker;
use events::{Broker, Consumer, Event, HandleError, Handler, Inbox};
use jiff::SignedDuration;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::TestEnvironment;
use tokio::sync::Notify;

/// A handler that records the effect of each event once, or returns the injected error.
struct Effects {
    test_database: Arc<dyn TestDatabase>,
    trouble: Mutex<Option<fn() -> HandleError>>,
    tried: Notify,
}

#[async_trait]
impl Handler for Effects {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        self.tried.notify_one();
        if let Some(trouble) = *self.trouble.lock().unwrap() {
            return Err(trouble());
        }
        self.test_database.effect(event).await?;
        Ok(())
    }
}

struct Shop {
    env: TestEnvironment,
    inbox: Arc<dyn Inbox>,
    effects: Arc<Effects>,
    consumer: Consumer,
}

fn shop(test_database: Arc<dyn TestDatabase>) -> Shop {
    let env = TestEnvironment::default();
    let inbox = test_database.inbox();
    let effects = Arc::new(Effects { test_database, trouble: Mutex::default(), tried: Notify::new() });
    let consumer = Consumer::new("placed", inbox.clone(), effects.clone(), &env.service_context("dispatch"));
    Shop { env, inbox, effects, consumer }
}

impl Shop {
    fn in_trouble(&self, trouble: fn() -> HandleError) {
        *self.effects.trouble.lock().unwrap() = Some(trouble);
    }

    fn recovered(&self) {
        *self.effects.trouble.lock().unwrap() = None;
    }

    async fn took_effect(&self) -> i64 {
        self.effects.test_database.effects().await
    }

    /// Stores the first failure of an event, which is due for a retry at once.
    async fn failed(&self, event: &Event) {
        let now = self.env.system.now();
        self.inbox.fail(event, "first", true, Some(now), now).await.unwrap();
    }

    async fn try_again(&self, times: usize) {
        for _ in 0..times {
            assert_eq!(self.consumer.retry_due().await.unwrap(), 1);
            self.env.advance(SignedDuration::from_secs(257));
        }
    }
}

pub async fn a_redelivered_event_takes_effect_once(test_database: Arc<dyn TestDatabase>) {
    let shop = shop(test_database);
    for _ in 0..3 {
        shop.effects.handle(&placed(1)).await.unwrap();
    }
    assert_eq!(shop.took_effect().await, 1);
    shop.failed(&placed(1)).await;
    assert!(shop.inbox.due(shop.env.system.now(), 10).await.unwrap().is_empty(), "done is done");
}

pub async fn concurrent_deliveries_take_effect_once(test_database: Arc<dyn TestDatabase>) {
    let shop = shop(test_database);
    let event = placed(1);
    let deliveries = (0..20).map(|_| shop.effects.handle(&event));
    for handled in futures::future::join_all(deliveries).await {
        handled.unwrap();
    }
    assert_eq!(shop.took_effect().await, 1);
}

pub async fn a_large_event_is_stored_unchanged(test_database: Arc<dyn TestDatabase>) {
    let shop = shop(test_database);
    let big = Event { data: serde_json::json!({ "text": "\u{1d11e} ü \u{0}".repeat(100_000) }), ..placed(1) };
    let now = shop.env.system.now();
    shop.inbox.fail(&big, &"reason \u{1f5dd} ".repeat(20_000), true, None, now).await.unwrap();
    assert_eq!(shop.inbox.dead_letters(1).await.unwrap()[0].event, big);
}

pub async fn a_failed_event_is_retried_with_growing_pauses(test_database: Arc<dyn TestDatabase>) {
    let shop = shop(test_database);
    shop.in_trouble(|| HandleError::Retry("no".into()));
    shop.failed(&placed(1)).await;
    assert_eq!(shop.consumer.retry_due().await.unwrap(), 1);
    assert_eq!(shop.consumer.retry_due().await.unwrap(), 0, "not before its time");
    shop.env.advance(SignedDuration::from_secs(2));
    assert_eq!(shop.consumer.retry_due().await.unwrap(), 1);
    shop.env.advance(SignedDuration::from_secs(3));
    assert_eq!(shop.consumer.retry_due().await.unwrap(), 0);
    shop.env.advance(SignedDuration::from_secs(1));
    shop.recovered();
    assert_eq!(shop.consumer.retry_due().await.unwrap(), 1);
    assert_eq!((shop.took_effect().await, shop.consumer.retry_due().await.unwrap()), (1, 0));
}

pub async fn an_event_that_fails_twelve_times_is_a_dead_letter_until_it_is_replayed(
    test_database: Arc<dyn TestDatabase>,
) {
    let shop = shop(test_database);
    shop.in_trouble(|| HandleError::Retry("no".into()));
    shop.failed(&placed(1)).await;
    shop.try_again(11).await;
    let dead = shop.inbox.dead_letters(10).await.unwrap();
    assert_eq!((dead.len(), dead[0].tries, dead[0].reason.as_str(), &dead[0].event), (1, 12, "no", &placed(1)));
    assert_eq!(shop.inbox.dead_letter(placed(1).id).await.unwrap().as_ref(), Some(&dead[0]));
    assert_eq!(shop.inbox.dead_letter(placed(2).id).await.unwrap(), None);
    assert_eq!(shop.consumer.retry_due().await.unwrap(), 0);
    shop.recovered();
    assert!(shop.inbox.replay(placed(1).id, shop.env.system.now()).await.unwrap());
    assert!(!shop.inbox.replay(placed(1).id, shop.env.system.now()).await.unwrap());
    shop.try_again(1).await;
    assert_eq!(shop.took_effect().await, 1);
    assert!(shop.inbox.dead_letters(10).await.unwrap().is_empty());
}

pub async fn a_permanent_failure_becomes_a_dead_letter_at_once(test_database: Arc<dyn TestDatabase>) {
    let shop = shop(test_database);
    shop.in_trouble(|| HandleError::Never("not ours".into()));
    shop.failed(&placed(1)).await;
    shop.try_again(1).await;
    assert_eq!(shop.inbox.dead_letters(10).await.unwrap().len(), 1);
}

pub async fn no_event_is_given_up_while_a_dependency_is_unavailable(test_database: Arc<dyn TestDatabase>) {
    let shop = shop(test_database);
    shop.in_trouble(|| HandleError::Unavailable("out".into()));
    shop.failed(&placed(1)).await;
    shop.try_again(100).await;
    assert_eq!(shop.inbox.due(shop.env.system.now(), 10).await.unwrap()[0].tries, 1, "being away does not count");
    shop.recovered();
    shop.try_again(1).await;
    assert_eq!(shop.took_effect().await, 1);
}

pub async fn a_discarded_event_never_takes_effect(test_database: Arc<dyn TestDatabase>) {
    let shop = shop(test_database);
    let now = shop.env.system.now();
    shop.inbox.fail(&placed(1), "no", true, None, now).await.unwrap();
    assert!(shop.inbox.discard(placed(1).id, "not needed").await.unwrap());
    assert!(!shop.inbox.discard(placed(1).id, "not needed").await.unwrap());
    shop.effects.handle(&placed(1)).await.unwrap();
    assert_eq!(shop.took_effect().await, 0);
}

pub async fn old_events_are_purged_except_dead_letters(test_database: Arc<dyn TestDatabase>) {
    let shop = shop(test_database);
    for number in 0..3 {
        shop.effects.handle(&placed_after(0, number)).await.unwrap();
    }
    shop.effects.handle(&placed_after(2, 9)).await.unwrap();
    shop.inbox.fail(&placed_after(0, 7), "no", true, None, moment(0)).await.unwrap();
    shop.inbox.fail(&placed_after(0, 8), "no", true, Some(moment(9)), moment(0)).await.unwrap();
    assert_eq!(shop.inbox.purge(moment(1)).await.unwrap(), 3);
    assert_eq!(shop.inbox.dead_letters(10).await.unwrap().len(), 1);
    assert_eq!(shop.inbox.due(moment(9), 10).await.unwrap().len(), 1);
    shop.effects.handle(&placed_after(2, 9)).await.unwrap();
    assert_eq!(shop.took_effect().await, 4, "the young one is remembered");
}

pub async fn a_consumer_processes_published_events_and_stores_failures(test_database: Arc<dyn TestDatabase>) {
    let shop = shop(test_database);
    let folder = tempfile::tempdir().unwrap();
    let broker = EmbeddedBroker::open(&folder.path().join("broker.db"), TOPOLOGY).await.unwrap();
    shop.in_trouble(|| HandleError::Retry("no".into()));
    let tasks = Tasks::new();
    shop.consumer.clone().start(Arc::new(broker.clone()), &tasks);
    broker.publish(&[placed(1)]).await.unwrap();
    shop.effects.tried.notified().await;
    // The worker finishes the event in progress before it stops: the failure is stored, and the event is acknowledged.
    assert!(tasks.shut_down(Duration::from_secs(30)).await);
    assert_eq!(broker.pending().await.unwrap(), 1, "only the other queue's copy is left");
    shop.recovered();
    shop.env.advance(SignedDuration::from_secs(2));
    shop.try_again(1).await;
    assert_eq!(shop.took_effect().await, 1);
}

on_all_inboxes!(
    a_redelivered_event_takes_effect_once,
    concurrent_deliveries_take_effect_once,
    a_large_event_is_stored_unchanged,
    a_failed_event_is_retried_with_growing_pauses,
    an_event_that_fails_twelve_times_is_a_dead_letter_until_it_is_replayed,
    a_permanent_failure_becomes_a_dead_letter_at_once,
    no_event_is_given_up_while_a_dependency_is_unavailable,
    a_discarded_event_never_takes_effect,
    old_events_are_purged_except_dead_letters,
    a_consumer_processes_published_events_and_stores_failures,
);
