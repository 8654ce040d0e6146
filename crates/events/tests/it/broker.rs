//! The conformance suite of brokers. Each function expects an empty broker with the topology of the samples.

use crate::samples::{delivered, placed};
use contracts::EventId;
use events::{Broker, Subscription};
use futures::future::join_all;
use std::collections::HashSet;
use std::sync::Arc;

/// A broker that can be opened again with its stored events.
#[async_trait::async_trait]
pub trait Reopen: Send + Sync {
    /// Opens the broker as a starting process does.
    async fn open(&self) -> Arc<dyn Broker>;
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
