//! The contract of the store, tested against every implementation. Each function needs an empty store, or the stores of
//! two replicas over one empty database.

mod earlier_versions;
mod emails;
mod extremes;
mod locks;
mod lost_connection;
mod races;
mod stored_responses;

use crate::shop::{german_address, renderer};
use chassis::{StoreError, problem};
use contracts::dispatch::OrderStatus;
use contracts::{EventId, OrderId};
use dispatch::mail::EmailRenderer;
use dispatch::order::{Effects, Order, Workflow};
use dispatch::store::{MysqlOrders, OrderFilter, OrderStore, SqliteOrders};
use events::Event;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use std::sync::Arc;
use tempfile::TempDir;
use testkit::{TestEnvironment, samples, servers};
use uuid::Uuid;

use emails::{
    a_delivery_publishes_its_event_with_its_email, a_failed_email_is_retried_with_growing_delays,
    a_message_is_claimed_by_its_channel, an_email_is_claimed_by_one_worker, an_email_is_stored_with_its_change,
};
use extremes::{a_lease_is_measured_by_the_clock_of_the_caller, every_script_and_size_is_stored};
use races::{
    an_event_takes_effect_once_across_replicas, an_order_is_placed_once_across_events_and_replicas,
    concurrent_changes_and_emails_are_all_stored, every_order_is_claimed_by_one_worker,
    one_of_two_late_workers_saves_its_step,
};
use stored_responses::{
    a_refusal_is_not_stored, a_repeated_request_returns_the_stored_response, an_event_causes_one_notification,
    old_responses_are_purged, one_request_per_key_is_carried_out, orders_are_found_while_they_wait_for_stock,
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
        tracestate: None,
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

async fn an_order_is_placed_once(store: Arc<dyn OrderStore>) {
    let order = place(&store, 1, "guest:a").await;
    store.change(id(1), moment(1), &note).await.unwrap();
    let (again, effects) = Order::placed(order.record.clone(), moment(2));
    store.place(&event(1), &again, &effects, moment(2)).await.unwrap();
    store.place(&event(2), &again, &effects, moment(2)).await.unwrap();
    assert_eq!(store.find(id(1)).await.unwrap().unwrap().tries, 1);
    assert_eq!(store.latest_emails(10).await.unwrap().len(), 1);
}

async fn an_event_takes_effect_once(store: Arc<dyn OrderStore>) {
    let early = store.on_event(&event(9), id(1), moment(0), &note).await;
    assert!(matches!(early, Err(StoreError::Conflict)), "the order does not exist yet");
    place(&store, 1, "guest:a").await;
    let nine = event(9);
    let all = join_all((0..5).map(|_| store.on_event(&nine, id(1), moment(1), &note))).await;
    let changed: Vec<Order> = all.into_iter().filter_map(|one| one.unwrap()).collect();
    let found = store.find(id(1)).await.unwrap().unwrap();
    assert_eq!(found.tries, 1);
    assert_eq!(changed, [found], "only the first reception changes the order");
    let refuse = |_: &mut Order| Err(problem::CONFLICT.detail("no"));
    assert!(store.on_event(&event(10), id(1), moment(2), &refuse).await.is_err());
    store.on_event(&event(10), id(1), moment(3), &note).await.unwrap();
    assert_eq!(store.find(id(1)).await.unwrap().unwrap().tries, 2, "a failed event can be retried");
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
    assert!(matches!(store.save_step(&late, moment(62), moment(122), &note).await, Err(StoreError::Conflict)));
    assert_eq!(store.save_step(&next, moment(62), moment(122), &note).await.unwrap().order.tries, 1);
    assert!(matches!(store.save_step(&late, moment(62), moment(122), &note).await, Err(StoreError::Conflict)));
}

async fn a_step_is_saved_once(store: Arc<dyn OrderStore>) {
    place(&store, 1, "guest:a").await;
    let claim = store.claim(moment(1), moment(61), 5).await.unwrap().remove(0);
    let next = store.save_step(&claim, moment(2), moment(62), &note).await.unwrap();
    assert_eq!(store.save_step(&claim, moment(3), moment(63), &note).await.unwrap(), next, "the response was lost");
    let last = store.save_step(&next, moment(4), moment(64), &wait).await.unwrap();
    assert_eq!(last.until, moment(4), "the claim ends when nothing more is due");
    assert!(matches!(store.save_step(&claim, moment(5), moment(65), &note).await, Err(StoreError::Conflict)));
    assert_eq!(store.find(id(1)).await.unwrap().unwrap(), last.order);
}

async fn a_claim_is_extended_while_more_is_due(store: Arc<dyn OrderStore>) {
    place(&store, 1, "guest:a").await;
    let claim = store.claim(moment(1), moment(61), 5).await.unwrap().remove(0);
    let claim = store.save_step(&claim, moment(50), moment(110), &note).await.unwrap();
    assert_eq!(claim.until, moment(110));
    assert!(store.claim(moment(70), moment(130), 5).await.unwrap().is_empty());
    store.save_step(&claim, moment(80), moment(140), &wait).await.unwrap();
    assert!(store.claim(moment(999), moment(1060), 5).await.unwrap().is_empty());
    assert_eq!(store.claim(moment(1000), moment(1060), 5).await.unwrap().len(), 1, "free as soon as it is due");
}

async fn a_change_during_a_claim_is_preserved(store: Arc<dyn OrderStore>) {
    place(&store, 1, "guest:a").await;
    let claim = store.claim(moment(1), moment(61), 5).await.unwrap().remove(0);
    let cancel = |order: &mut Order| {
        order.cancel(None, "no", moment(2));
        Ok(Effects::default())
    };
    store.change(id(1), moment(2), &cancel).await.unwrap();
    let order = store.save_step(&claim, moment(3), moment(63), &note).await.unwrap().order;
    assert_eq!((order.cancellation.as_deref(), order.tries), (Some("no"), 1));
}

fn numbers(orders: &[Order]) -> Vec<u128> {
    orders.iter().map(|order| order.id().0.as_u128()).collect()
}

async fn lists_start_with_the_newest(store: Arc<dyn OrderStore>) {
    for number in 1..=5 {
        place(&store, number, if number == 3 { "guest:b" } else { "guest:a" }).await;
    }
    let end = |order: &mut Order| {
        order.workflow = Workflow::Cancelled;
        Ok(Effects::default())
    };
    store.change(id(4), moment(1), &end).await.unwrap();
    let of_guest = OrderFilter { owner: Some("guest:a".to_owned()), ..OrderFilter::default() };
    let cancelled = OrderFilter { status: Some(OrderStatus::Cancelled), ..OrderFilter::default() };
    let both = OrderFilter { status: Some(OrderStatus::Received), ..of_guest.clone() };
    assert_eq!(numbers(&store.list(&OrderFilter::default(), None, 10).await.unwrap()), [5, 4, 3, 2, 1]);
    assert_eq!(numbers(&store.list(&of_guest, Some(id(5)), 2).await.unwrap()), [4, 2]);
    assert_eq!(numbers(&store.list(&cancelled, None, 10).await.unwrap()), [4]);
    let both = store.list(&both, Some(id(5)), 10).await.unwrap();
    assert_eq!(numbers(&both), [2, 1]);
}

async fn orders_are_listed_by_the_date_on_which_they_were_placed(store: Arc<dyn OrderStore>) {
    // The order with the smallest id was placed last, as one whose bank transfer took its time.
    for (number, placed_at) in [(1, moment(200)), (2, moment(100)), (3, moment(100)), (4, moment(300))] {
        let record = samples::order(id(number), "guest:a", 2500, placed_at + SignedDuration::from_millis(500));
        let (order, effects) = Order::placed(record, moment(0));
        store.place(&event(number), &order, &effects, moment(0)).await.unwrap();
    }
    for (from, before, expected) in [
        (Some(100), Some(200), vec![3, 2]),
        (Some(101), Some(201), vec![1]),
        (None, Some(201), vec![3, 2, 1]),
        (Some(200), None, vec![4, 1]),
        (Some(301), None, vec![]),
        (None, None, vec![4, 3, 2, 1]),
    ] {
        let (placed_from, placed_before) = (from.map(moment), before.map(moment));
        let filter = OrderFilter { placed_from, placed_before, ..OrderFilter::default() };
        assert_eq!(numbers(&store.list(&filter, None, 10).await.unwrap()), expected, "{from:?} {before:?}");
    }
    let filter = OrderFilter { placed_before: Some(moment(201)), ..OrderFilter::default() };
    assert_eq!(numbers(&store.list(&filter, None, 2).await.unwrap()), [3, 2]);
    assert_eq!(numbers(&store.list(&filter, Some(id(2)), 2).await.unwrap()), [1], "the page after it");
}

async fn orders_with_returns_to_be_received_are_listed(store: Arc<dyn OrderStore>) {
    let delivered = |order: &mut Order| {
        order.workflow = Workflow::Delivered;
        order.captured = true;
        Ok(Effects::default())
    };
    let withdraw = |order: &mut Order| order.withdraw(None, moment(2));
    for number in 1..=4 {
        let mut record = samples::order(id(number), "guest:a", 2500, moment(0));
        record.address = german_address();
        let (order, effects) = Order::placed(record, moment(0));
        store.place(&event(number), &order, &effects, moment(0)).await.unwrap();
        store.change(id(number), moment(1), &delivered).await.unwrap();
        if number > 1 {
            store.change(id(number), moment(2), &withdraw).await.unwrap().unwrap().unwrap();
        }
    }
    let decline = |order: &mut Order| order.reject_return(1, "\"state\":{\"state\":\"requested\"}", "staff", moment(3));
    store.change(id(3), moment(3), &decline).await.unwrap().unwrap().unwrap();
    let filter = OrderFilter { awaits_return: true, ..OrderFilter::default() };
    assert_eq!(numbers(&store.list(&filter, None, 10).await.unwrap()), [4, 2]);
    let of_status = OrderFilter { status: Some(OrderStatus::Cancelled), ..filter };
    assert_eq!(numbers(&store.list(&of_status, None, 10).await.unwrap()), []);
}

async fn several_orders_are_read_at_once(store: Arc<dyn OrderStore>) {
    for number in 1..=3 {
        place(&store, number, "guest:a").await;
    }
    assert_eq!(numbers(&store.find_all(&[id(3), id(9), id(1)]).await.unwrap()), [1, 3]);
    assert_eq!(numbers(&store.find_all(&[]).await.unwrap()), []);
}

async fn orders_are_found_by_number_email_and_name(store: Arc<dyn OrderStore>) {
    let orders =
        [(1, "Zoë Müller", "zoe@example.com", "10001"), (2, "Max Müller-Lüdenscheidt", "MAX@example.com", "10002")];
    for (number, name, email, order_number) in orders {
        let mut record = samples::order(id(number), "guest:a", 2500, moment(0));
        record.address.name = name.parse().unwrap();
        record.email = email.parse().unwrap();
        record.order_number = order_number.to_owned();
        let (order, effects) = Order::placed(record, moment(0));
        store.place(&event(number), &order, &effects, moment(0)).await.unwrap();
    }
    for (text, expected) in [
        ("10001", vec![1]),
        ("1000", vec![2, 1]),
        ("zoe@example.com", vec![1]),
        ("Max@Example", vec![2]),
        ("mül", vec![2, 1]),
        ("MÜLLER zoë", vec![1]),
        ("zoë 10002", vec![]),
        ("lüdenscheidt", vec![]),
        ("%", vec![]),
        (" ", vec![2, 1]),
    ] {
        let filter = OrderFilter { search: dispatch::store::search_words(text), ..OrderFilter::default() };
        let found = store.list(&filter, None, 10).await.unwrap();
        let numbers: Vec<u128> = found.iter().map(|order| order.id().0.as_u128()).collect();
        assert_eq!(numbers, expected, "{text}");
    }
}

/// Returns a renderer that writes an email and a webhook about each new order. The URL is as long as one can be.
fn renderer_with_webhook() -> EmailRenderer {
    let url = format!("https://erp.example/{}", "x".repeat(480));
    EmailRenderer { webhook: Some(url.parse().unwrap()), ..renderer() }
}

/// The stores of two replicas over one database.
type Replicas = [Arc<dyn OrderStore>; 2];

async fn in_sqlite() -> (Option<TempDir>, Replicas) {
    let folder = tempfile::tempdir().unwrap();
    let (file, env) = (folder.path().join("dispatch.db"), TestEnvironment::default());
    let open = async || {
        Arc::new(SqliteOrders::open(&file, renderer_with_webhook(), env.system.clone()).await.unwrap())
            as Arc<dyn OrderStore>
    };
    let replicas = [open().await, open().await];
    (Some(folder), replicas)
}

async fn in_mysql() -> (Option<TempDir>, Replicas) {
    let (address, env) = (servers::mysql(), TestEnvironment::default());
    let open = async || {
        Arc::new(MysqlOrders::open(&address, renderer_with_webhook(), env.system.clone()).await.unwrap())
            as Arc<dyn OrderStore>
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
        an_order_is_placed_once,
        an_event_takes_effect_once,
        a_refused_change_changes_nothing,
        claims_are_exclusive,
        a_late_worker_is_fenced_off,
        a_step_is_saved_once,
        a_claim_is_extended_while_more_is_due,
        a_change_during_a_claim_is_preserved,
        lists_start_with_the_newest,
        orders_are_found_by_number_email_and_name,
        orders_are_listed_by_the_date_on_which_they_were_placed,
        orders_with_returns_to_be_received_are_listed,
        several_orders_are_read_at_once,
        an_email_is_stored_with_its_change,
        a_message_is_claimed_by_its_channel,
        a_delivery_publishes_its_event_with_its_email,
        a_failed_email_is_retried_with_growing_delays,
        every_script_and_size_is_stored,
        a_lease_is_measured_by_the_clock_of_the_caller,
        a_repeated_request_returns_the_stored_response,
        a_refusal_is_not_stored,
        old_responses_are_purged,
        orders_are_found_while_they_wait_for_stock,
        an_event_causes_one_notification;
    replicas:
        an_order_is_placed_once_across_events_and_replicas,
        an_event_takes_effect_once_across_replicas,
        every_order_is_claimed_by_one_worker,
        one_of_two_late_workers_saves_its_step,
        concurrent_changes_and_emails_are_all_stored,
        an_email_is_claimed_by_one_worker,
        one_request_per_key_is_carried_out;
);
