//! What every implementation of the store must do. Each function wants a store that is empty, or two replicas' stores
//! over one database that is empty.

mod answers;
mod earlier;
mod extremes;
mod letters;
mod locks;
mod lost_connection;
mod races;

use crate::shop::writer;
use chassis::{StoreError, problem};
use contracts::dispatch::OrderStatus;
use contracts::{EventId, OrderId};
use dispatch::order::{Effects, Order, Workflow};
use dispatch::store::{MysqlOrders, OrderStore, SqliteOrders};
use events::Event;
use futures::future::join_all;
use jiff::Timestamp;
use std::collections::HashSet;
use std::sync::Arc;
use tempfile::TempDir;
use testkit::{TestEnvironment, samples, servers};
use uuid::Uuid;

use answers::{
    a_request_is_answered_once_and_alike, of_requests_with_one_key_one_is_carried_out, old_answers_are_forgotten,
    orders_that_wait_for_goods_are_found_while_they_do, the_people_of_the_shop_are_told_once_of_an_event,
    what_is_refused_is_not_kept,
};
use extremes::{a_lease_is_measured_by_the_clock_of_who_asks, every_script_and_any_size_is_kept};
use letters::{
    a_delivery_is_told_with_its_letter, a_letter_is_taken_by_one, letters_are_written_with_what_they_tell,
    what_cannot_be_sent_is_tried_less_and_less_often,
};
use races::{
    an_event_takes_effect_once_whoever_hears_it, an_order_begins_once_whatever_tells_of_it,
    changes_and_letters_of_all_are_kept, every_order_is_claimed_by_one, one_of_two_late_workers_keeps_its_step,
};

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn id(number: u128) -> OrderId {
    OrderId(Uuid::from_u128(number))
}

fn event(number: u128) -> Event {
    Event {
        specversion: "1.0".into(),
        id: EventId(Uuid::from_u128(number)),
        source: "/test".into(),
        kind: "test".into(),
        time: moment(0),
        datacontenttype: "application/json".into(),
        traceparent: None,
        data: serde_json::Value::Null,
    }
}

async fn place(store: &Arc<dyn OrderStore>, number: u128, owner: &str) -> Order {
    let (order, effects) = Order::placed(samples::order(id(number), owner, 2500, moment(0)), moment(0));
    store.place(&event(number), &order, &effects, moment(0)).await.unwrap();
    order
}

fn wait(order: &mut Order) -> Result<Effects, chassis::Problem> {
    order.next_at = Some(moment(1000));
    Ok(Effects::default())
}

fn note(order: &mut Order) -> Result<Effects, chassis::Problem> {
    order.tries += 1;
    Ok(Effects::default())
}

async fn an_order_begins_once(store: Arc<dyn OrderStore>) {
    let order = place(&store, 1, "guest:a").await;
    store.change(id(1), moment(1), &note).await.unwrap();
    let (again, effects) = Order::placed(order.record.clone(), moment(2));
    store.place(&event(1), &again, &effects, moment(2)).await.unwrap();
    store.place(&event(2), &again, &effects, moment(2)).await.unwrap();
    assert_eq!(store.find(id(1)).await.unwrap().unwrap().tries, 1);
    assert_eq!(store.mails(10).await.unwrap().len(), 1);
}

async fn an_event_takes_effect_once(store: Arc<dyn OrderStore>) {
    let early = store.on_event(&event(9), id(1), moment(0), &note).await;
    assert!(matches!(early, Err(StoreError::Conflict)), "the order is not there yet");
    place(&store, 1, "guest:a").await;
    let nine = event(9);
    let all = join_all((0..5).map(|_| store.on_event(&nine, id(1), moment(1), &note))).await;
    assert!(all.into_iter().all(|one| one.is_ok()));
    assert_eq!(store.find(id(1)).await.unwrap().unwrap().tries, 1);
    let refuse = |_: &mut Order| Err(problem::CONFLICT.detail("no"));
    assert!(store.on_event(&event(10), id(1), moment(2), &refuse).await.is_err());
    store.on_event(&event(10), id(1), moment(3), &note).await.unwrap();
    assert_eq!(store.find(id(1)).await.unwrap().unwrap().tries, 2, "what failed may be tried again");
}

async fn a_refused_change_changes_nothing(store: Arc<dyn OrderStore>) {
    let order = place(&store, 1, "guest:a").await;
    let refuse = |order: &mut Order| {
        order.tries = 9;
        Err(problem::CONFLICT.detail("no"))
    };
    assert!(store.change(id(1), moment(1), &refuse).await.unwrap().unwrap().is_err());
    assert_eq!(store.find(id(1)).await.unwrap().unwrap(), order);
    assert!(store.change(id(2), moment(1), &note).await.unwrap().is_none());
}

async fn claims_are_exclusive(store: Arc<dyn OrderStore>) {
    for number in 1..=20 {
        place(&store, number, "guest:a").await;
    }
    let claimed = join_all((0..8).map(|_| store.claim(moment(1), moment(61), 5))).await;
    let ids: Vec<OrderId> = claimed.into_iter().flat_map(Result::unwrap).map(|claim| claim.order.id()).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "nothing is claimed twice");
    let mut rest = 20 - ids.len();
    while rest > 0 {
        let more = store.claim(moment(1), moment(61), 5).await.unwrap();
        assert!(!more.is_empty());
        rest -= more.len();
    }
    assert!(store.claim(moment(60), moment(120), 5).await.unwrap().is_empty(), "all are claimed");
    assert_eq!(store.claim(moment(61), moment(120), 50).await.unwrap().len(), 20, "leases end");
}

async fn a_late_worker_is_fenced_off(store: Arc<dyn OrderStore>) {
    place(&store, 1, "guest:a").await;
    let late = store.claim(moment(1), moment(61), 5).await.unwrap().remove(0);
    let next = store.claim(moment(61), moment(121), 5).await.unwrap().remove(0);
    assert!(matches!(store.advance(&late, moment(62), moment(122), &note).await, Err(StoreError::Conflict)));
    assert_eq!(store.advance(&next, moment(62), moment(122), &note).await.unwrap().order.tries, 1);
    assert!(matches!(store.advance(&late, moment(62), moment(122), &note).await, Err(StoreError::Conflict)));
}

async fn a_step_is_kept_once(store: Arc<dyn OrderStore>) {
    place(&store, 1, "guest:a").await;
    let claim = store.claim(moment(1), moment(61), 5).await.unwrap().remove(0);
    let next = store.advance(&claim, moment(2), moment(62), &note).await.unwrap();
    assert_eq!(store.advance(&claim, moment(3), moment(63), &note).await.unwrap(), next, "the answer was lost");
    let last = store.advance(&next, moment(4), moment(64), &wait).await.unwrap();
    assert_eq!(last.until, moment(4), "with nothing more to do the claim is over");
    assert!(matches!(store.advance(&claim, moment(5), moment(65), &note).await, Err(StoreError::Conflict)));
    assert_eq!(store.find(id(1)).await.unwrap().unwrap(), last.order);
}

async fn a_claim_lives_on_while_there_is_more_to_do(store: Arc<dyn OrderStore>) {
    place(&store, 1, "guest:a").await;
    let claim = store.claim(moment(1), moment(61), 5).await.unwrap().remove(0);
    let claim = store.advance(&claim, moment(50), moment(110), &note).await.unwrap();
    assert_eq!(claim.until, moment(110));
    assert!(store.claim(moment(70), moment(130), 5).await.unwrap().is_empty());
    store.advance(&claim, moment(80), moment(140), &wait).await.unwrap();
    assert!(store.claim(moment(999), moment(1060), 5).await.unwrap().is_empty());
    assert_eq!(store.claim(moment(1000), moment(1060), 5).await.unwrap().len(), 1, "free as soon as it is due");
}

async fn what_a_person_changes_under_a_worker_is_kept(store: Arc<dyn OrderStore>) {
    place(&store, 1, "guest:a").await;
    let claim = store.claim(moment(1), moment(61), 5).await.unwrap().remove(0);
    let cancel = |order: &mut Order| {
        order.cancel(None, "no", moment(2));
        Ok(Effects::default())
    };
    store.change(id(1), moment(2), &cancel).await.unwrap();
    let order = store.advance(&claim, moment(3), moment(63), &note).await.unwrap().order;
    assert_eq!((order.cancellation.as_deref(), order.tries), (Some("no"), 1));
}

async fn lists_are_the_newest_first(store: Arc<dyn OrderStore>) {
    for number in 1..=5 {
        place(&store, number, if number == 3 { "guest:b" } else { "guest:a" }).await;
    }
    let end = |order: &mut Order| {
        order.workflow = Workflow::Cancelled;
        Ok(Effects::default())
    };
    store.change(id(4), moment(1), &end).await.unwrap();
    let numbers = |orders: Vec<Order>| orders.iter().map(|order| order.id().0.as_u128()).collect::<Vec<_>>();
    assert_eq!(numbers(store.list(None, None, None, 10).await.unwrap()), [5, 4, 3, 2, 1]);
    assert_eq!(numbers(store.list(Some("guest:a"), None, Some(id(5)), 2).await.unwrap()), [4, 2]);
    assert_eq!(numbers(store.list(None, Some(OrderStatus::Cancelled), None, 10).await.unwrap()), [4]);
    let both = store.list(Some("guest:a"), Some(OrderStatus::Received), Some(id(5)), 10).await.unwrap();
    assert_eq!(numbers(both), [2, 1]);
}

/// The stores of two replicas over one database.
type Replicas = [Arc<dyn OrderStore>; 2];

async fn in_sqlite() -> (Option<TempDir>, Replicas) {
    let folder = tempfile::tempdir().unwrap();
    let (file, env) = (folder.path().join("dispatch.db"), TestEnvironment::default());
    let open = async || {
        Arc::new(SqliteOrders::open(&file, writer(), env.system.clone()).await.unwrap()) as Arc<dyn OrderStore>
    };
    let replicas = [open().await, open().await];
    (Some(folder), replicas)
}

async fn in_mysql() -> (Option<TempDir>, Replicas) {
    let (address, env) = (servers::mysql(), TestEnvironment::default());
    let open = async || {
        Arc::new(MysqlOrders::open(&address, writer(), env.system.clone()).await.unwrap()) as Arc<dyn OrderStore>
    };
    (None, [open().await, open().await])
}

macro_rules! conforms {
    (alone: $($alone:ident),* ; replicas: $($both:ident),* $(;)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $alone() {
                let (_folder, [store, _]) = super::in_sqlite().await;
                super::$alone(store).await;
            })*
            $(#[tokio::test]
            async fn $both() {
                let (_folder, replicas) = super::in_sqlite().await;
                super::$both(replicas).await;
            })*
        }
        mod mysql {
            $(#[tokio::test]
            #[ignore = "needs the servers of make services"]
            async fn $alone() {
                let (_, [store, _]) = super::in_mysql().await;
                super::$alone(store).await;
            })*
            $(#[tokio::test]
            #[ignore = "needs the servers of make services"]
            async fn $both() {
                let (_, replicas) = super::in_mysql().await;
                super::$both(replicas).await;
            })*
        }
    };
}

conforms!(
    alone:
        an_order_begins_once,
        an_event_takes_effect_once,
        a_refused_change_changes_nothing,
        claims_are_exclusive,
        a_late_worker_is_fenced_off,
        a_step_is_kept_once,
        a_claim_lives_on_while_there_is_more_to_do,
        what_a_person_changes_under_a_worker_is_kept,
        lists_are_the_newest_first,
        letters_are_written_with_what_they_tell,
        a_delivery_is_told_with_its_letter,
        what_cannot_be_sent_is_tried_less_and_less_often,
        every_script_and_any_size_is_kept,
        a_lease_is_measured_by_the_clock_of_who_asks,
        a_request_is_answered_once_and_alike,
        what_is_refused_is_not_kept,
        old_answers_are_forgotten,
        orders_that_wait_for_goods_are_found_while_they_do,
        the_people_of_the_shop_are_told_once_of_an_event;
    replicas:
        an_order_begins_once_whatever_tells_of_it,
        an_event_takes_effect_once_whoever_hears_it,
        every_order_is_claimed_by_one,
        one_of_two_late_workers_keeps_its_step,
        changes_and_letters_of_all_are_kept,
        a_letter_is_taken_by_one,
        of_requests_with_one_key_one_is_carried_out;
);
