//! What is told of stock: in the outbox with the change, or not at all.

use super::{Store, correction, count, key, reservation, sku};
use crate::conformance;
use crate::place::Place;
use catalogue::stock::{Adjusted, Adjustment, Reserved, demand};
use catalogue::store::Once;
use contracts::catalogue::Oversell;
use contracts::events::{StockArrived, StockLow};
use futures::future::join_all;
use std::time::Duration;
use testkit::TestEnvironment;

/// What was told since the last time, in words.
pub async fn told(store: &Store) -> Vec<String> {
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
    let mut told: Vec<String> = events.iter().map(word).collect();
    told.sort();
    told
}

async fn goods_that_somebody_may_wait_for_are_told_of_when_they_come_in(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 1, Oversell::Continue, now).await;
    let (waiting, other) = (reservation(env, &[("A", 3)]), reservation(env, &[("A", 1)]));
    store.reserve(&waiting).await.unwrap();
    store.reserve(&other).await.unwrap();
    assert_eq!(told(&store).await, Vec::<String>::new());
    store.adjust(&correction("A", 1, now), Once::Key("k1")).await.unwrap();
    assert_eq!(told(&store).await, ["A arrived, 2 on hand"]);
    store.commit(key(&other), now).await.unwrap();
    assert_eq!(told(&store).await, Vec::<String>::new());
    store.release(key(&other), now).await.unwrap();
    assert_eq!(told(&store).await, ["A arrived, 2 on hand"], "what a cancelled order puts back");
    store.restock("return-1", &demand([(sku("A"), 1)]), now).await.unwrap();
    assert_eq!(told(&store).await, ["A arrived, 3 on hand"], "what a customer sends back");
    store.adjust(&correction("A", 1, now), Once::Key("k2")).await.unwrap();
    assert_eq!(told(&store).await, Vec::<String>::new(), "there was enough for all who wait");
}

async fn goods_that_come_back_after_a_forced_correction_are_told_of(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 20, Oversell::Deny, now).await;
    store.reserve(&reservation(env, &[("A", 3)])).await.unwrap();
    let forced = Adjustment { force: true, ..correction("A", -18, now) };
    store.adjust(&forced, Once::Key("k1")).await.unwrap();
    assert_eq!(told(&store).await, ["A low, 0 of 5"]);
    store.adjust(&correction("A", 2, now), Once::Key("k2")).await.unwrap();
    assert_eq!(told(&store).await, ["A arrived, 4 on hand"]);
}

async fn little_is_told_of_once_until_there_was_more_again(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 8, Oversell::Deny, now).await;
    let first = reservation(env, &[("A", 3)]);
    store.reserve(&first).await.unwrap();
    assert_eq!(told(&store).await, ["A low, 5 of 5"]);
    store.reserve(&reservation(env, &[("A", 1)])).await.unwrap();
    store.adjust(&correction("A", -1, now), Once::Key("k1")).await.unwrap();
    store.commit(key(&first), now).await.unwrap();
    assert_eq!(told(&store).await, Vec::<String>::new(), "it was told of");
    store.adjust(&correction("A", 3, now), Once::Key("k2")).await.unwrap();
    assert_eq!(told(&store).await, Vec::<String>::new());
    store.adjust(&correction("A", -2, now), Once::Key("k3")).await.unwrap();
    assert_eq!(told(&store).await, ["A low, 4 of 5"]);
}

async fn an_order_tells_of_each_sku_that_it_makes_scarce(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    for (name, oversell) in [("A", Oversell::Deny), ("B", Oversell::Deny), ("AHEAD", Oversell::Continue)] {
        count(&store, name, 9, oversell, now).await;
    }
    store.set_threshold(&sku("B"), Some(0)).await.unwrap();
    store.reserve(&reservation(env, &[("A", 4), ("B", 8), ("AHEAD", 9)])).await.unwrap();
    assert_eq!(told(&store).await, ["A low, 5 of 5"]);
    store.set_threshold(&sku("AHEAD"), Some(2)).await.unwrap();
    assert_eq!(told(&store).await, Vec::<String>::new(), "who sets a threshold sees what it comes to");
    store.adjust(&correction("AHEAD", 5, now), Once::Key("k")).await.unwrap();
    store.reserve(&reservation(env, &[("B", 1), ("AHEAD", 7)])).await.unwrap();
    assert_eq!(told(&store).await, ["AHEAD low, 0 of 2", "B low, 0 of 0"]);
}

async fn nothing_is_told_of_what_did_not_happen_or_had_happened(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 9, Oversell::Deny, now).await;
    count(&store, "B", 1, Oversell::Deny, now).await;
    let short = store.reserve(&reservation(env, &[("A", 9), ("B", 2)])).await.unwrap();
    assert!(matches!(short, Reserved::Short(_)));
    let refused = store.adjust(&correction("A", -10, now), Once::Key("k1")).await.unwrap();
    assert!(matches!(refused, Adjusted::Refused(..)));
    assert_eq!(told(&store).await, Vec::<String>::new());
    let wanted = reservation(env, &[("A", 9)]);
    let lost = correction("B", -1, now);
    for _ in 0..2 {
        store.reserve(&wanted).await.unwrap();
        store.adjust(&lost, Once::Key("k2")).await.unwrap();
        store.commit(key(&wanted), now).await.unwrap();
    }
    assert_eq!(told(&store).await, ["A low, 0 of 5"]);
}

async fn a_crowd_makes_a_sku_scarce_once(place: Place, env: &TestEnvironment) {
    let stores = [place.stock().await, place.stock().await];
    count(&stores[0], "A", 25, Oversell::Deny, env.system.now()).await;
    let wanted: Vec<_> = (0..25).map(|_| reservation(env, &[("A", 1)])).collect();
    join_all(wanted.iter().enumerate().map(|(n, one)| stores[n % 2].reserve(one))).await;
    assert_eq!(told(&stores[0]).await, ["A low, 5 of 5"]);
}

async fn the_relay_hears_of_news_at_once(place: Place, env: &TestEnvironment) {
    let store = place.stock().await;
    count(&store, "A", 6, Oversell::Deny, env.system.now()).await;
    let outbox = store.outbox();
    store.reserve(&reservation(env, &[("A", 1)])).await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), outbox.added()).await.unwrap();
}

conformance!(
    goods_that_somebody_may_wait_for_are_told_of_when_they_come_in,
    goods_that_come_back_after_a_forced_correction_are_told_of,
    little_is_told_of_once_until_there_was_more_again,
    an_order_tells_of_each_sku_that_it_makes_scarce,
    nothing_is_told_of_what_did_not_happen_or_had_happened,
    a_crowd_makes_a_sku_scarce_once,
    the_relay_hears_of_news_at_once,
);
