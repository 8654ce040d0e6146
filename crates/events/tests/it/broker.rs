//! What every broker must do. Each function wants one that is empty, with the topology of the samples.

use crate::samples::{delivered, placed};
use contracts::EventId;
use events::{Broker, Subscription};
use futures::FutureExt;
use futures::future::join_all;
use std::collections::HashSet;
use std::sync::Arc;

/// A broker that can be opened anew over what it kept.
#[async_trait::async_trait]
pub trait Reopen: Send + Sync {
    /// The broker, as a process that starts finds it.
    async fn open(&self) -> Arc<dyn Broker>;
}

/// Takes `count` events and acknowledges them.
async fn take(subscription: &mut Box<dyn Subscription>, count: usize) -> HashSet<EventId> {
    let mut ids = HashSet::new();
    for _ in 0..count {
        let delivery = subscription.next().await.unwrap();
        ids.insert(delivery.event.id);
        delivery.acknowledge().await.unwrap();
    }
    ids
}

pub async fn every_bound_queue_gets_an_event(home: &dyn Reopen) {
    let broker = home.open().await;
    broker.publish(&[placed(1), delivered(2)]).await.unwrap();
    let mut both = broker.subscribe("both").await.unwrap();
    assert_eq!(take(&mut both, 2).await, HashSet::from([placed(1).id, delivered(2).id]));
    let mut one = broker.subscribe("placed").await.unwrap();
    assert_eq!(take(&mut one, 1).await, HashSet::from([placed(1).id]));
    assert!(one.next().now_or_never().is_none(), "what it is not bound to does not come");
}

pub async fn an_event_is_handed_out_whole(home: &dyn Reopen) {
    let broker = home.open().await;
    broker.publish(&[placed(1)]).await.unwrap();
    let mut subscription = broker.subscribe("placed").await.unwrap();
    assert_eq!(subscription.next().await.unwrap().event, placed(1));
}

pub async fn what_was_published_outlives_the_process(home: &dyn Reopen) {
    home.open().await.publish(&[placed(1), placed(2)]).await.unwrap();
    let broker = home.open().await;
    let mut subscription = broker.subscribe("placed").await.unwrap();
    assert_eq!(take(&mut subscription, 1).await.len(), 1);
    let unfinished = subscription.next().await.unwrap();
    drop((unfinished, subscription, broker));
    let mut subscription = home.open().await.subscribe("placed").await.unwrap();
    assert_eq!(take(&mut subscription, 1).await.len(), 1, "what was acknowledged is gone, the other comes again");
    assert!(subscription.next().now_or_never().is_none());
}

pub async fn what_is_not_acknowledged_comes_again(home: &dyn Reopen) {
    let broker = home.open().await;
    broker.publish(&[placed(1)]).await.unwrap();
    let mut subscription = broker.subscribe("placed").await.unwrap();
    for _ in 0..3 {
        drop(subscription.next().await.unwrap());
    }
    assert_eq!(take(&mut subscription, 1).await.len(), 1);
    assert!(subscription.next().now_or_never().is_none());
}

pub async fn subscriptions_of_one_queue_share_its_events(home: &dyn Reopen) {
    let broker = home.open().await;
    let all: Vec<_> = (0..100).map(placed).collect();
    broker.publish(&all).await.unwrap();
    let (mut first, mut second) =
        (broker.subscribe("placed").await.unwrap(), broker.subscribe("placed").await.unwrap());
    // What one holds the other does not get.
    let held = first.next().await.unwrap();
    let mut taken = take(&mut second, 60).await;
    assert!(taken.insert(held.event.id));
    held.acknowledge().await.unwrap();
    // What the other had fetched ahead and not taken comes back when it ends.
    drop(second);
    taken.extend(take(&mut first, 39).await);
    assert_eq!(taken, all.iter().map(|event| event.id).collect());
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
