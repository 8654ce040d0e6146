//! The conformance suite of brokers. Each function expects an empty broker with the topology of the samples.

use crate::samples::{delivered, placed};
use contracts::EventId;
use events::{Broker, Subscription};
use futures::future::join_all;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::Arc;

/// A broker that can be opened again with its stored events.
#[async_trait::async_trait]
pub trait Reopen: Send + Sync {
    /// Opens the broker as a starting process does.
    async fn open(&self) -> Arc<dyn Broker>;

    /// Puts a message into the queues of `order.placed` as another program may do.
    async fn put(&self, body: &str);
}

/// Receives and acknowledges `count` events.
async fn take(subscription: &mut Box<dyn Subscription>, count: usize) -> HashSet<EventId> {
    let mut ids = HashSet::new();
    for _ in 0..count {
        let delivery = subscription.next().await.unwrap();
        ids.insert(delivery.event.id);
        delivery.acknowledge().await.unwrap();
    }
    ids
}

/// Asserts that the queue is empty: an event published now is the next one delivered.
async fn nothing_more(broker: &dyn Broker, subscription: &mut Box<dyn Subscription>) {
    let last = placed(999);
    broker.publish(std::slice::from_ref(&last)).await.unwrap();
    let delivery = subscription.next().await.unwrap();
    assert_eq!(delivery.event.id, last.id);
    delivery.acknowledge().await.unwrap();
}

pub async fn every_bound_queue_receives_an_event(home: &dyn Reopen) {
    let broker = home.open().await;
    broker.publish(&[placed(1), delivered(2)]).await.unwrap();
    let mut both = broker.subscribe("both").await.unwrap();
    assert_eq!(take(&mut both, 2).await, HashSet::from([placed(1).id, delivered(2).id]));
    let mut one = broker.subscribe("placed").await.unwrap();
    assert_eq!(take(&mut one, 1).await, HashSet::from([placed(1).id]));
    // The queue receives no event of a type that it is not bound to.
    nothing_more(broker.as_ref(), &mut one).await;
}

pub async fn an_event_is_delivered_unchanged(home: &dyn Reopen) {
    let broker = home.open().await;
    broker.publish(&[placed(1)]).await.unwrap();
    let mut subscription = broker.subscribe("placed").await.unwrap();
    assert_eq!(subscription.next().await.unwrap().event, placed(1));
}

pub async fn published_events_survive_the_process(home: &dyn Reopen) {
    home.open().await.publish(&[placed(1), placed(2)]).await.unwrap();
    let broker = home.open().await;
    let mut subscription = broker.subscribe("placed").await.unwrap();
    assert_eq!(take(&mut subscription, 1).await.len(), 1);
    let unfinished = subscription.next().await.unwrap();
    drop((unfinished, subscription, broker));
    let broker = home.open().await;
    let mut subscription = broker.subscribe("placed").await.unwrap();
    assert_eq!(take(&mut subscription, 1).await.len(), 1, "the other comes again");
    nothing_more(broker.as_ref(), &mut subscription).await;
}

pub async fn an_unacknowledged_event_is_redelivered(home: &dyn Reopen) {
    let broker = home.open().await;
    broker.publish(&[placed(1)]).await.unwrap();
    let mut subscription = broker.subscribe("placed").await.unwrap();
    for _ in 0..3 {
        drop(subscription.next().await.unwrap());
    }
    assert_eq!(take(&mut subscription, 1).await.len(), 1);
    nothing_more(broker.as_ref(), &mut subscription).await;
}

pub async fn subscriptions_of_one_queue_share_its_events(home: &dyn Reopen) {
    let broker = home.open().await;
    let all: Vec<_> = (0..100).map(placed).collect();
    broker.publish(&all).await.unwrap();
    let (mut first, mut second) =
        (broker.subscribe("placed").await.unwrap(), broker.subscribe("placed").await.unwrap());
    // An event that one subscription holds is not delivered to the other. The broker may also have prefetched further
    // events for the first one.
    let held = first.next().await.unwrap();
    let mut taken = take(&mut second, 20).await;
    assert!(taken.insert(held.event.id));
    held.acknowledge().await.unwrap();
    drop(first);
    // The prefetched events of the dropped subscription are delivered to the other one.
    taken.extend(take(&mut second, 79).await);
    assert_eq!(taken, all.iter().map(|event| event.id).collect());
    nothing_more(broker.as_ref(), &mut second).await;
}

pub async fn one_who_waits_is_woken(home: &dyn Reopen) {
    let broker = home.open().await;
    let mut subscription = broker.subscribe("placed").await.unwrap();
    let (delivery, ()) = futures::join!(subscription.next(), async {
        broker.publish(&[placed(1)]).await.unwrap();
    });
    assert_eq!(delivery.unwrap().event.id, placed(1).id);
}

pub async fn many_publish_at_once(home: &dyn Reopen) {
    let broker = home.open().await;
    let batches: Vec<_> = (0..10).map(|batch| (0..10).map(|n| placed(batch * 10 + n)).collect::<Vec<_>>()).collect();
    for published in join_all(batches.iter().map(|batch| broker.publish(batch))).await {
        published.unwrap();
    }
    let mut subscription = broker.subscribe("placed").await.unwrap();
    assert_eq!(take(&mut subscription, 100).await.len(), 100);
}

pub async fn an_unknown_queue_is_refused(home: &dyn Reopen) {
    assert!(home.open().await.subscribe("nobody").await.is_err());
}

/// Consumes a queue until the broker has this number of dead letters.
async fn consume_until(broker: &dyn Broker, queue: &'static str, number: u64) {
    let mut subscription = broker.subscribe(queue).await.unwrap();
    let reached = wait_for_dead_letters(broker, number);
    tokio::pin!(reached);
    loop {
        tokio::select! {
            () = &mut reached => return,
            delivery = subscription.next() => delivery.unwrap().acknowledge().await.unwrap(),
        }
    }
}

/// Waits until the broker has this number of dead letters; it may move them in the background.
async fn wait_for_dead_letters(broker: &dyn Broker, number: u64) {
    while broker.dead_letter_count().await.unwrap() != number {
        tokio::task::yield_now().await;
    }
}

pub async fn an_undecodable_message_is_listed_until_it_is_discarded(home: &dyn Reopen) {
    let broker = home.open().await;
    home.put("{").await;
    consume_until(&*broker, "placed", 1).await;
    let listed = broker.dead_letters(10).await.unwrap();
    let failure = &listed[0];
    assert_eq!((listed.len(), &failure.event.data), (1, &Value::String("{".into())));
    assert!(failure.reason.contains("placed cannot decode"), "{}", failure.reason);
    // More often than RabbitMQ 4 returns a message by default.
    for _ in 0..25 {
        assert_eq!(broker.dead_letter(failure.event.id).await.unwrap().as_ref(), Some(failure));
    }
    assert_eq!(broker.dead_letter(placed(1).id).await.unwrap(), None);
    assert!(!broker.discard(placed(1).id, "a test").await.unwrap());
    assert!(broker.discard(failure.event.id, "a test").await.unwrap());
    assert!(!broker.discard(failure.event.id, "a test").await.unwrap());
    wait_for_dead_letters(&*broker, 0).await;
}

pub async fn a_replayed_message_returns_to_its_queue(home: &dyn Reopen) {
    let broker = home.open().await;
    home.put("{").await;
    consume_until(&*broker, "placed", 1).await;
    consume_until(&*broker, "both", 2).await;
    let id = broker.dead_letters(1).await.unwrap()[0].event.id;
    assert!(broker.replay(id, Timestamp::UNIX_EPOCH).await.unwrap());
    assert!(!broker.replay(id, Timestamp::UNIX_EPOCH).await.unwrap(), "both were replayed");
    consume_until(&*broker, "placed", 1).await;
    assert!(broker.dead_letters(10).await.unwrap()[0].reason.starts_with("placed"));
    consume_until(&*broker, "both", 2).await;
}
