//! The contract of [`events::Inbox`], tested on every store, with a change of a cart as the effect.

use crate::on_all_stores;
use crate::samples::{count, placed, put, remove_purchased};
use crate::stores::Stores;
use cart::cart::Purchase;
use contracts::EventId;
use contracts::events::OrderPlaced;
use events::Event;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

type Order = (Event, OrderPlaced);

/// Creates a guest's cart with three units of A, and an order of one of them.
async fn order(stores: &Stores) -> Order {
    let cart = put(stores, "guest:a", "A", 3).await;
    placed(stores, &cart, &[("A", 1)])
}

/// Applies an order. The next cart keeps the id, so a repeated event would remove another unit.
async fn take_effect(stores: &Stores, (event, order): &Order) {
    stores.carts.remove_purchased(event, &Purchase::from(order), order.cart_id).await.unwrap();
}

fn now(stores: &Stores) -> Timestamp {
    stores.env.system.now()
}

fn later(stores: &Stores, seconds: i64) -> Timestamp {
    now(stores).checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

async fn record_failure(stores: &Stores, (event, _): &Order, next: Option<Timestamp>) {
    stores.inbox.fail(event, "no", true, next, now(stores)).await.unwrap();
}

async fn due(stores: &Stores) -> Vec<EventId> {
    let due = stores.inbox.due(now(stores), 10).await.unwrap();
    due.into_iter().map(|failure| failure.event.id).collect()
}

async fn dead(stores: &Stores) -> Vec<EventId> {
    let dead = stores.inbox.dead_letters(10).await.unwrap();
    dead.into_iter().map(|failure| failure.event.id).collect()
}

async fn an_event_takes_effect_once(stores: &Stores) {
    let order = order(stores).await;
    for _ in 0..3 {
        take_effect(stores, &order).await;
    }
    assert_eq!(count(stores, "guest:a", "A").await, 2);
    record_failure(stores, &order, Some(now(stores))).await;
    record_failure(stores, &order, None).await;
    assert_eq!((due(stores).await, dead(stores).await), (vec![], vec![]), "an event that is done stays done");
    take_effect(stores, &order).await;
    assert_eq!(count(stores, "guest:a", "A").await, 2);
}

async fn a_failed_event_is_due_at_its_next_attempt(stores: &Stores) {
    let order = order(stores).await;
    record_failure(stores, &order, Some(later(stores, 2))).await;
    assert!(due(stores).await.is_empty(), "not before its next attempt");
    stores.env.advance(SignedDuration::from_secs(2));
    let found = stores.inbox.due(now(stores), 10).await.unwrap();
    let (failure, before) = (&found[0], now(stores).checked_sub(SignedDuration::from_secs(2)).unwrap());
    assert_eq!((&failure.event, failure.tries, failure.reason.as_str()), (&order.0, 1, "no"));
    assert_eq!((found.len(), failure.received_at), (1, before));
    take_effect(stores, &order).await;
    assert!(due(stores).await.is_empty());
    assert_eq!(count(stores, "guest:a", "A").await, 2);
}

async fn attempts_are_counted_unless_a_dependency_was_unavailable(stores: &Stores) {
    let order = order(stores).await;
    let received = now(stores);
    for (reason, counts) in [("first", true), ("away 🚪", false), ("second", true)] {
        stores.inbox.fail(&order.0, reason, counts, Some(now(stores)), now(stores)).await.unwrap();
        stores.env.advance(SignedDuration::from_secs(1));
    }
    let found = stores.inbox.due(now(stores), 10).await.unwrap();
    let failure = &found[0];
    assert_eq!((failure.tries, failure.reason.as_str(), failure.received_at), (2, "second", received));
}

async fn due_events_are_listed_oldest_first_up_to_the_limit(stores: &Stores) {
    let mut orders = Vec::new();
    for seconds in [3, 1, 2] {
        let order = order(stores).await;
        record_failure(stores, &order, Some(later(stores, seconds))).await;
        orders.push(order.0.id);
    }
    stores.env.advance(SignedDuration::from_secs(3));
    assert_eq!(due(stores).await, [orders[1], orders[2], orders[0]]);
    assert_eq!(stores.inbox.due(now(stores), 2).await.unwrap().len(), 2);
    assert!(stores.inbox.due(now(stores), 0).await.unwrap().is_empty());
    assert_eq!(stores.inbox.due(now(stores), usize::MAX).await.unwrap().len(), 3);
}

async fn dead_letters_are_listed_newest_first_up_to_the_limit(stores: &Stores) {
    let mut orders = Vec::new();
    for _ in 0..3 {
        let order = order(stores).await;
        record_failure(stores, &order, Some(now(stores))).await;
        orders.push(order);
        stores.env.advance(SignedDuration::from_secs(1));
    }
    // Dead-lettered in another order than they were received in.
    for number in [2, 0, 1] {
        record_failure(stores, &orders[number], None).await;
    }
    assert_eq!(dead(stores).await, [orders[2].0.id, orders[1].0.id, orders[0].0.id]);
    let two = stores.inbox.dead_letters(2).await.unwrap();
    assert_eq!((two.len(), &two[0].event, two[0].tries), (2, &orders[2].0, 2));
    assert!(stores.inbox.dead_letters(0).await.unwrap().is_empty());
    assert!(due(stores).await.is_empty());
}

async fn a_replayed_dead_letter_is_due_again_without_attempts(stores: &Stores) {
    let order = order(stores).await;
    let id = order.0.id;
    assert!(!stores.inbox.replay(id, now(stores)).await.unwrap(), "unknown event");
    record_failure(stores, &order, Some(now(stores))).await;
    assert!(!stores.inbox.replay(id, now(stores)).await.unwrap(), "not a dead letter");
    assert!(stores.inbox.dead_letter(id).await.unwrap().is_none());
    record_failure(stores, &order, None).await;
    let dead_letter = stores.inbox.dead_letter(id).await.unwrap().unwrap();
    assert_eq!((&dead_letter.event, dead_letter.tries, dead_letter.reason.as_str()), (&order.0, 2, "no"));
    assert!(stores.inbox.replay(id, now(stores)).await.unwrap());
    assert!(!stores.inbox.replay(id, now(stores)).await.unwrap());
    assert!(dead(stores).await.is_empty());
    let found = stores.inbox.due(now(stores), 10).await.unwrap();
    assert_eq!((&found[0].event, found[0].tries, found[0].reason.as_str()), (&order.0, 0, "no"));
    take_effect(stores, &order).await;
    assert!(!stores.inbox.replay(id, now(stores)).await.unwrap(), "an event that is done stays done");
    assert_eq!((count(stores, "guest:a", "A").await, due(stores).await), (2, vec![]));
}

async fn a_dead_letter_may_still_take_effect(stores: &Stores) {
    let order = order(stores).await;
    record_failure(stores, &order, None).await;
    take_effect(stores, &order).await;
    assert_eq!((count(stores, "guest:a", "A").await, dead(stores).await), (2, vec![]));
}

async fn a_discarded_event_never_takes_effect(stores: &Stores) {
    let order = order(stores).await;
    let id = order.0.id;
    assert!(!stores.inbox.discard(id, "not needed").await.unwrap(), "unknown event");
    record_failure(stores, &order, Some(now(stores))).await;
    assert!(!stores.inbox.discard(id, "not needed").await.unwrap(), "not a dead letter");
    record_failure(stores, &order, None).await;
    assert!(stores.inbox.discard(id, "not needed").await.unwrap());
    assert!(!stores.inbox.discard(id, "not needed").await.unwrap());
    take_effect(stores, &order).await;
    record_failure(stores, &order, Some(now(stores))).await;
    assert!(!stores.inbox.replay(id, now(stores)).await.unwrap());
    assert_eq!(count(stores, "guest:a", "A").await, 3);
    assert_eq!((due(stores).await, dead(stores).await), (vec![], vec![]));
}

async fn old_events_are_purged_unless_they_failed(stores: &Stores) {
    let (done, discarded, retrying, dead_lettered) =
        (order(stores).await, order(stores).await, order(stores).await, order(stores).await);
    take_effect(stores, &done).await;
    record_failure(stores, &discarded, None).await;
    assert!(stores.inbox.discard(discarded.0.id, "not needed").await.unwrap());
    record_failure(stores, &retrying, Some(now(stores))).await;
    record_failure(stores, &dead_lettered, None).await;
    let day = SignedDuration::from_hours(24);
    stores.env.advance(day);
    let recent = order(stores).await;
    take_effect(stores, &recent).await;
    assert_eq!(
        stores.inbox.purge(now(stores).checked_sub(day).unwrap()).await.unwrap(),
        0,
        "the end of the period is exclusive"
    );
    assert_eq!(stores.inbox.purge(now(stores)).await.unwrap(), 2);
    assert_eq!(stores.inbox.purge(now(stores)).await.unwrap(), 0);
    assert_eq!((due(stores).await, dead(stores).await), (vec![retrying.0.id], vec![dead_lettered.0.id]));
    take_effect(stores, &recent).await;
    assert_eq!(count(stores, "guest:a", "A").await, 2, "a recent event is not purged");
    take_effect(stores, &done).await;
    assert_eq!(count(stores, "guest:a", "A").await, 1, "a purged event takes effect again");
}

async fn old_events_are_purged_in_several_batches(stores: &Stores) {
    let order = order(stores).await;
    let events = (0..1001).map(|_| Event { id: EventId(stores.env.system.id()), ..order.0.clone() });
    join_all(events.map(|event| async move {
        stores.inbox.fail(&event, "no", true, None, now(stores)).await.unwrap();
        assert!(stores.inbox.discard(event.id, "not needed").await.unwrap());
    }))
    .await;
    stores.env.advance(SignedDuration::from_secs(1));
    assert_eq!(stores.inbox.purge(now(stores)).await.unwrap(), 1001);
}

async fn concurrent_failures_are_all_counted(stores: &Stores) {
    let order = order(stores).await;
    join_all((0..20).map(|_| record_failure(stores, &order, None))).await;
    let dead = stores.inbox.dead_letters(10).await.unwrap();
    assert_eq!((dead.len(), dead[0].tries), (1, 20));
}

async fn an_event_without_a_cart_is_marked_as_done(stores: &Stores) {
    let order = order(stores).await;
    remove_purchased(stores, &placed(stores, &put(stores, "guest:a", "A", 1).await, &[("A", 1)])).await;
    record_failure(stores, &order, Some(now(stores))).await;
    take_effect(stores, &order).await;
    assert!(due(stores).await.is_empty());
}

on_all_stores!(
    an_event_takes_effect_once,
    a_failed_event_is_due_at_its_next_attempt,
    attempts_are_counted_unless_a_dependency_was_unavailable,
    due_events_are_listed_oldest_first_up_to_the_limit,
    dead_letters_are_listed_newest_first_up_to_the_limit,
    a_replayed_dead_letter_is_due_again_without_attempts,
    a_dead_letter_may_still_take_effect,
    a_discarded_event_never_takes_effect,
    old_events_are_purged_unless_they_failed,
    old_events_are_purged_in_several_batches,
    concurrent_failures_are_all_counted,
    an_event_without_a_cart_is_marked_as_done,
);
