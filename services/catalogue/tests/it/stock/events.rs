//! Stock events: in the outbox with the change, or not at all.

use super::{Store, adjustment, count, key, reservation, sku};
use crate::conformance;
use crate::store_backend::StoreBackend;
use catalogue::stock::{Adjustment, AdjustmentOutcome, ReserveOutcome, sum_demand};
use catalogue::store::Idempotency;
use contracts::catalogue::Oversell;
use contracts::events::{StockArrived, StockLow};
use futures::future::join_all;
use std::time::Duration;
use testkit::TestEnvironment;

/// Takes the unpublished events and describes them in words.
pub async fn published(store: &Store) -> Vec<String> {
    let events = store.outbox().unpublished(100).await.unwrap();
    store.outbox().mark_published(&events.iter().map(|event| event.id).collect::<Vec<_>>()).await.unwrap();
    let word = |event: &events::Event| {
        assert_eq!(event.source, "/shopstack/catalogue");
        if let Some(StockArrived { sku, on_hand }) = event.data().unwrap() {
            return format!("{sku} arrived, {on_hand} on hand");
        }
        let StockLow { sku, available, threshold } = event.data().unwrap().unwrap();
        format!("{sku} low, {available} of {threshold}")
    };
    let mut published: Vec<String> = events.iter().map(word).collect();
    published.sort();
    published
}

async fn arrivals_are_published_while_orders_wait(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 1, Oversell::Continue, now).await;
    let (waiting, other) = (reservation(env, &[("A", 3)]), reservation(env, &[("A", 1)]));
    store.reserve(&waiting).await.unwrap();
    store.reserve(&other).await.unwrap();
    assert_eq!(published(&store).await, Vec::<String>::new());
    store.adjust(&adjustment("A", 1, now), Idempotency::Key("k1")).await.unwrap();
    assert_eq!(published(&store).await, ["A arrived, 2 on hand"]);
    store.commit(key(&other), now).await.unwrap();
    assert_eq!(published(&store).await, Vec::<String>::new());
    store.release(key(&other), now).await.unwrap();
    assert_eq!(published(&store).await, ["A arrived, 2 on hand"], "a cancelled order is restocked");
    store.restock("return-1", &sum_demand([(sku("A"), 1)]), now).await.unwrap();
    assert_eq!(published(&store).await, ["A arrived, 3 on hand"], "a return is restocked");
    store.adjust(&adjustment("A", 1, now), Idempotency::Key("k2")).await.unwrap();
    assert_eq!(published(&store).await, Vec::<String>::new(), "all waiting orders were covered");
}

async fn arrivals_after_a_forced_adjustment_are_published(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 20, Oversell::Deny, now).await;
    store.reserve(&reservation(env, &[("A", 3)])).await.unwrap();
    let forced = Adjustment { force: true, ..adjustment("A", -18, now) };
    store.adjust(&forced, Idempotency::Key("k1")).await.unwrap();
    assert_eq!(published(&store).await, ["A low, 0 of 5"]);
    store.adjust(&adjustment("A", 2, now), Idempotency::Key("k2")).await.unwrap();
    assert_eq!(published(&store).await, ["A arrived, 4 on hand"]);
}

async fn low_stock_is_published_once_until_it_recovers(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 8, Oversell::Deny, now).await;
    let first = reservation(env, &[("A", 3)]);
    store.reserve(&first).await.unwrap();
    assert_eq!(published(&store).await, ["A low, 5 of 5"]);
    store.reserve(&reservation(env, &[("A", 1)])).await.unwrap();
    store.adjust(&adjustment("A", -1, now), Idempotency::Key("k1")).await.unwrap();
    store.commit(key(&first), now).await.unwrap();
    assert_eq!(published(&store).await, Vec::<String>::new(), "it was already published");
    store.adjust(&adjustment("A", 3, now), Idempotency::Key("k2")).await.unwrap();
    assert_eq!(published(&store).await, Vec::<String>::new());
    store.adjust(&adjustment("A", -2, now), Idempotency::Key("k3")).await.unwrap();
    assert_eq!(published(&store).await, ["A low, 4 of 5"]);
}

async fn an_order_publishes_each_sku_it_makes_low(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    for (name, oversell) in [("A", Oversell::Deny), ("B", Oversell::Deny), ("AHEAD", Oversell::Continue)] {
        count(&store, name, 9, oversell, now).await;
    }
    store.set_threshold(&sku("B"), Some(0)).await.unwrap();
    store.reserve(&reservation(env, &[("A", 4), ("B", 8), ("AHEAD", 9)])).await.unwrap();
    assert_eq!(published(&store).await, ["A low, 5 of 5"]);
    store.set_threshold(&sku("AHEAD"), Some(2)).await.unwrap();
    assert_eq!(published(&store).await, Vec::<String>::new(), "who sets a threshold sees what it comes to");
    store.adjust(&adjustment("AHEAD", 5, now), Idempotency::Key("k")).await.unwrap();
    store.reserve(&reservation(env, &[("B", 1), ("AHEAD", 7)])).await.unwrap();
    assert_eq!(published(&store).await, ["AHEAD low, 0 of 2", "B low, 0 of 0"]);
}

async fn rejected_and_repeated_steps_publish_nothing(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 9, Oversell::Deny, now).await;
    count(&store, "B", 1, Oversell::Deny, now).await;
    let short = store.reserve(&reservation(env, &[("A", 9), ("B", 2)])).await.unwrap();
    assert!(matches!(short, ReserveOutcome::InsufficientStock(_)));
    let refused = store.adjust(&adjustment("A", -10, now), Idempotency::Key("k1")).await.unwrap();
    assert!(matches!(refused, AdjustmentOutcome::Rejected(..)));
    assert_eq!(published(&store).await, Vec::<String>::new());
    let requested = reservation(env, &[("A", 9)]);
    let lost = adjustment("B", -1, now);
    for _ in 0..2 {
        store.reserve(&requested).await.unwrap();
        store.adjust(&lost, Idempotency::Key("k2")).await.unwrap();
        store.commit(key(&requested), now).await.unwrap();
    }
    assert_eq!(published(&store).await, ["A low, 0 of 5"]);
}

async fn concurrent_orders_publish_low_stock_once(backend: StoreBackend, env: &TestEnvironment) {
    let stores = [backend.stock().await, backend.stock().await];
    count(&stores[0], "A", 25, Oversell::Deny, env.system.now()).await;
    let requested: Vec<_> = (0..25).map(|_| reservation(env, &[("A", 1)])).collect();
    join_all(requested.iter().enumerate().map(|(n, one)| stores[n % 2].reserve(one))).await;
    assert_eq!(published(&stores[0]).await, ["A low, 5 of 5"]);
}

async fn the_relay_is_notified_at_once(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.stock().await;
    count(&store, "A", 6, Oversell::Deny, env.system.now()).await;
    let outbox = store.outbox();
    store.reserve(&reservation(env, &[("A", 1)])).await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), outbox.added()).await.unwrap();
}

conformance!(
    arrivals_are_published_while_orders_wait,
    arrivals_after_a_forced_adjustment_are_published,
    low_stock_is_published_once_until_it_recovers,
    an_order_publishes_each_sku_it_makes_low,
    rejected_and_repeated_steps_publish_nothing,
    concurrent_orders_publish_low_stock_once,
    the_relay_is_notified_at_once,
);
