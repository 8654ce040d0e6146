//! What every implementation of the store must do. Each function wants a store that is empty.

use crate::shop::writer;
use chassis::{StoreError, problem};
use contracts::dispatch::OrderStatus;
use contracts::{EventId, OrderId};
use dispatch::order::{Effects, Order, Workflow};
use dispatch::store::{OrderStore, SqliteOrders};
use events::Event;
use futures::future::join_all;
use jiff::Timestamp;
use std::collections::HashSet;
use std::sync::Arc;
use testkit::{House, samples};
use uuid::Uuid;

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
    assert_eq!(store.advance(&next, moment(62), moment(122), &note).await.unwrap().tries, 1);
    assert!(matches!(store.advance(&late, moment(62), moment(122), &note).await, Err(StoreError::Conflict)));
}

async fn a_claim_lives_on_while_there_is_more_to_do(store: Arc<dyn OrderStore>) {
    place(&store, 1, "guest:a").await;
    let claim = store.claim(moment(1), moment(61), 5).await.unwrap().remove(0);
    store.advance(&claim, moment(50), moment(110), &note).await.unwrap();
    assert!(store.claim(moment(70), moment(130), 5).await.unwrap().is_empty());
    store.advance(&claim, moment(80), moment(140), &wait).await.unwrap();
    assert!(store.claim(moment(999), moment(1060), 5).await.unwrap().is_empty());
    assert_eq!(store.claim(moment(1000), moment(1060), 5).await.unwrap().len(), 1, "free as soon as it is due");
}

async fn what_a_person_changes_under_a_worker_is_kept(store: Arc<dyn OrderStore>) {
    place(&store, 1, "guest:a").await;
    let claim = store.claim(moment(1), moment(61), 5).await.unwrap().remove(0);
    let cancel = |order: &mut Order| {
        order.cancel("no", moment(2));
        Ok(Effects::default())
    };
    store.change(id(1), moment(2), &cancel).await.unwrap();
    let order = store.advance(&claim, moment(3), moment(63), &note).await.unwrap();
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

async fn letters_are_written_with_what_they_tell(store: Arc<dyn OrderStore>) {
    place(&store, 1, "guest:a").await;
    let refuse = |_: &mut Order| Err(problem::CONFLICT.detail("no"));
    let _ = store.change(id(1), moment(1), &refuse).await.unwrap();
    let mails = store.mails_due(moment(0), 10).await.unwrap();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].id.starts_with(&id(1).to_string()));
    store.mail_sent(&mails[0].id).await.unwrap();
    assert!(store.mails_due(moment(9999), 10).await.unwrap().is_empty());
    assert_eq!(store.mails(10).await.unwrap(), mails);
}

/// An empty store in a file.
pub async fn empty() -> (tempfile::TempDir, Arc<dyn OrderStore>) {
    let folder = tempfile::tempdir().unwrap();
    let house = House::default();
    let store = SqliteOrders::open(&folder.path().join("dispatch.db"), writer(), house.sources).await.unwrap();
    (folder, Arc::new(store))
}

macro_rules! conforms {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                let (_folder, store) = super::empty().await;
                super::$name(store).await;
            })*
        }
    };
}

conforms!(
    an_order_begins_once,
    an_event_takes_effect_once,
    a_refused_change_changes_nothing,
    claims_are_exclusive,
    a_late_worker_is_fenced_off,
    a_claim_lives_on_while_there_is_more_to_do,
    what_a_person_changes_under_a_worker_is_kept,
    lists_are_the_newest_first,
    letters_are_written_with_what_they_tell,
);
