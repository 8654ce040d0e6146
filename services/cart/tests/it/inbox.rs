//! What every inbox of cart promises: the sentences of the inbox in `crates/events`, with the cart as the effect.

use crate::on_all_stores;
use crate::samples::{close, count, placed, put};
use crate::stores::Stores;
use contracts::EventId;
use contracts::events::OrderPlaced;
use events::Event;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

type Order = (Event, OrderPlaced);

/// A guest's cart with three of A, and an order of one of them.
async fn order(stores: &Stores) -> Order {
    let cart = put(stores, "guest:a", "A", 3).await;
    placed(stores, &cart, &[("A", 1)])
}

/// Carries it out into a generation with the same id, so that a second time would take another one.
async fn carry_out(stores: &Stores, (event, order): &Order) {
    stores.carts.close(event, order, order.cart_id).await.unwrap();
}

fn now(stores: &Stores) -> Timestamp {
    stores.env.system.now()
}

fn later(stores: &Stores, seconds: i64) -> Timestamp {
    now(stores).checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

async fn failed(stores: &Stores, (event, _): &Order, next: Option<Timestamp>) {
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

async fn an_event_takes_effect_once_however_often_it_comes(stores: &Stores) {
    let order = order(stores).await;
    for _ in 0..3 {
        carry_out(stores, &order).await;
    }
    assert_eq!(count(stores, "guest:a", "A").await, 2);
    failed(stores, &order, Some(now(stores))).await;
    failed(stores, &order, None).await;
    assert_eq!((due(stores).await, dead(stores).await), (vec![], vec![]), "done is done");
    carry_out(stores, &order).await;
    assert_eq!(count(stores, "guest:a", "A").await, 2);
}

async fn a_failed_event_is_due_when_its_time_has_come(stores: &Stores) {
    let order = order(stores).await;
    failed(stores, &order, Some(later(stores, 2))).await;
    assert!(due(stores).await.is_empty(), "not before its time");
    stores.env.advance(SignedDuration::from_secs(2));
    let found = stores.inbox.due(now(stores), 10).await.unwrap();
    let (failure, before) = (&found[0], now(stores).checked_sub(SignedDuration::from_secs(2)).unwrap());
    assert_eq!((&failure.event, failure.tries, failure.reason.as_str()), (&order.0, 1, "no"));
    assert_eq!((found.len(), failure.received_at), (1, before));
    carry_out(stores, &order).await;
    assert!(due(stores).await.is_empty());
    assert_eq!(count(stores, "guest:a", "A").await, 2);
}

async fn tries_are_counted_unless_somebody_was_away(stores: &Stores) {
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

async fn those_due_longest_come_first_and_no_more_than_asked_for(stores: &Stores) {
    let mut orders = Vec::new();
    for seconds in [3, 1, 2] {
        let order = order(stores).await;
        failed(stores, &order, Some(later(stores, seconds))).await;
        orders.push(order.0.id);
    }
    stores.env.advance(SignedDuration::from_secs(3));
    assert_eq!(due(stores).await, [orders[1], orders[2], orders[0]]);
    assert_eq!(stores.inbox.due(now(stores), 2).await.unwrap().len(), 2);
    assert!(stores.inbox.due(now(stores), 0).await.unwrap().is_empty());
    assert_eq!(stores.inbox.due(now(stores), usize::MAX).await.unwrap().len(), 3);
}

async fn the_newest_dead_letter_comes_first_and_no_more_than_asked_for(stores: &Stores) {
    let mut orders = Vec::new();
    for _ in 0..3 {
        let order = order(stores).await;
        failed(stores, &order, Some(now(stores))).await;
        orders.push(order);
        stores.env.advance(SignedDuration::from_secs(1));
    }
    // Given up in another order than they came in.
    for number in [2, 0, 1] {
        failed(stores, &orders[number], None).await;
    }
    assert_eq!(dead(stores).await, [orders[2].0.id, orders[1].0.id, orders[0].0.id]);
    let two = stores.inbox.dead_letters(2).await.unwrap();
    assert_eq!((two.len(), &two[0].event, two[0].tries), (2, &orders[2].0, 2));
    assert!(stores.inbox.dead_letters(0).await.unwrap().is_empty());
    assert!(due(stores).await.is_empty());
}

async fn a_dead_letter_that_is_replayed_is_tried_anew(stores: &Stores) {
    let order = order(stores).await;
    let id = order.0.id;
    assert!(!stores.inbox.replay(id, now(stores)).await.unwrap(), "nothing is known of it");
    failed(stores, &order, Some(now(stores))).await;
    assert!(!stores.inbox.replay(id, now(stores)).await.unwrap(), "it is not given up");
    assert!(stores.inbox.dead_letter(id).await.unwrap().is_none());
    failed(stores, &order, None).await;
    let letter = stores.inbox.dead_letter(id).await.unwrap().unwrap();
    assert_eq!((&letter.event, letter.tries, letter.reason.as_str()), (&order.0, 2, "no"));
    assert!(stores.inbox.replay(id, now(stores)).await.unwrap());
    assert!(!stores.inbox.replay(id, now(stores)).await.unwrap());
    assert!(dead(stores).await.is_empty());
    let found = stores.inbox.due(now(stores), 10).await.unwrap();
    assert_eq!((&found[0].event, found[0].tries, found[0].reason.as_str()), (&order.0, 0, "no"));
    carry_out(stores, &order).await;
    assert!(!stores.inbox.replay(id, now(stores)).await.unwrap(), "done is done");
    assert_eq!((count(stores, "guest:a", "A").await, due(stores).await), (2, vec![]));
}

async fn a_dead_letter_may_still_take_effect(stores: &Stores) {
    let order = order(stores).await;
    failed(stores, &order, None).await;
    carry_out(stores, &order).await;
    assert_eq!((count(stores, "guest:a", "A").await, dead(stores).await), (2, vec![]));
}

async fn a_discarded_event_never_takes_effect(stores: &Stores) {
    let order = order(stores).await;
    let id = order.0.id;
    assert!(!stores.inbox.discard(id, "not needed").await.unwrap(), "nothing is known of it");
    failed(stores, &order, Some(now(stores))).await;
    assert!(!stores.inbox.discard(id, "not needed").await.unwrap(), "it is not given up");
    failed(stores, &order, None).await;
    assert!(stores.inbox.discard(id, "not needed").await.unwrap());
    assert!(!stores.inbox.discard(id, "not needed").await.unwrap());
    carry_out(stores, &order).await;
    failed(stores, &order, Some(now(stores))).await;
    assert!(!stores.inbox.replay(id, now(stores)).await.unwrap());
    assert_eq!(count(stores, "guest:a", "A").await, 3);
    assert_eq!((due(stores).await, dead(stores).await), (vec![], vec![]));
}

async fn old_events_are_forgotten_unless_they_wait_for_somebody(stores: &Stores) {
    let (done, discarded, waiting, given_up) =
        (order(stores).await, order(stores).await, order(stores).await, order(stores).await);
    carry_out(stores, &done).await;
    failed(stores, &discarded, None).await;
    assert!(stores.inbox.discard(discarded.0.id, "not needed").await.unwrap());
    failed(stores, &waiting, Some(now(stores))).await;
    failed(stores, &given_up, None).await;
    let day = SignedDuration::from_hours(24);
    stores.env.advance(day);
    let young = order(stores).await;
    carry_out(stores, &young).await;
    assert_eq!(
        stores.inbox.forget(now(stores).checked_sub(day).unwrap()).await.unwrap(),
        0,
        "not those of that moment"
    );
    assert_eq!(stores.inbox.forget(now(stores)).await.unwrap(), 2);
    assert_eq!(stores.inbox.forget(now(stores)).await.unwrap(), 0);
    assert_eq!((due(stores).await, dead(stores).await), (vec![waiting.0.id], vec![given_up.0.id]));
    carry_out(stores, &young).await;
    assert_eq!(count(stores, "guest:a", "A").await, 2, "the young one is remembered");
    carry_out(stores, &done).await;
    assert_eq!(count(stores, "guest:a", "A").await, 1, "what is forgotten takes effect again");
}

async fn many_old_events_are_forgotten_at_once(stores: &Stores) {
    let order = order(stores).await;
    let events = (0..1001).map(|_| Event { id: EventId(stores.env.system.id()), ..order.0.clone() });
    join_all(events.map(|event| async move {
        stores.inbox.fail(&event, "no", true, None, now(stores)).await.unwrap();
        assert!(stores.inbox.discard(event.id, "not needed").await.unwrap());
    }))
    .await;
    stores.env.advance(SignedDuration::from_secs(1));
    assert_eq!(stores.inbox.forget(now(stores)).await.unwrap(), 1001);
}

async fn failures_told_at_once_are_all_counted(stores: &Stores) {
    let order = order(stores).await;
    join_all((0..20).map(|_| failed(stores, &order, None))).await;
    let dead = stores.inbox.dead_letters(10).await.unwrap();
    assert_eq!((dead.len(), dead[0].tries), (1, 20));
}

async fn an_event_of_a_cart_that_is_gone_is_done_all_the_same(stores: &Stores) {
    let order = order(stores).await;
    close(stores, &placed(stores, &put(stores, "guest:a", "A", 1).await, &[("A", 1)])).await;
    failed(stores, &order, Some(now(stores))).await;
    carry_out(stores, &order).await;
    assert!(due(stores).await.is_empty());
}

on_all_stores!(
    an_event_takes_effect_once_however_often_it_comes,
    a_failed_event_is_due_when_its_time_has_come,
    tries_are_counted_unless_somebody_was_away,
    those_due_longest_come_first_and_no_more_than_asked_for,
    the_newest_dead_letter_comes_first_and_no_more_than_asked_for,
    a_dead_letter_that_is_replayed_is_tried_anew,
    a_dead_letter_may_still_take_effect,
    a_discarded_event_never_takes_effect,
    old_events_are_forgotten_unless_they_wait_for_somebody,
    many_old_events_are_forgotten_at_once,
    failures_told_at_once_are_all_counted,
    an_event_of_a_cart_that_is_gone_is_done_all_the_same,
);
