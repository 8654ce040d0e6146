//! Lists of levels and histories.

use super::{Store, adjustment, count, key, level, reservation, sku};
use crate::conformance;
use crate::store_backend::StoreBackend;
use catalogue::store::{Idempotency, StockFilter, StockSelection};
use contracts::Sku;
use contracts::catalogue::Oversell;
use jiff::Timestamp;
use testkit::TestEnvironment;

/// Lists the matching SKUs in pages of two.
async fn listed(store: &Store, selection: impl Into<StockSelection>) -> Vec<String> {
    let (selection, mut names, mut after): (_, _, Option<Sku>) = (selection.into(), Vec::new(), None);
    loop {
        let page = store.list(&selection, after.as_ref(), 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some((last, _)) = page.last() else { return names };
        after = Some(last.clone());
        names.extend(page.into_iter().map(|(sku, _)| sku.to_string()));
    }
}

async fn some_of_each(store: &Store, env: &TestEnvironment, now: Timestamp) {
    for name in ["PLENTY", "c", "LOW", "\u{e9}"] {
        count(store, name, if name == "PLENTY" { 50 } else { 5 }, Oversell::Deny, now).await;
    }
    count(store, "AHEAD", 0, Oversell::Continue, now).await;
    count(store, "AHEAD-OF-GOODS", 0, Oversell::Continue, now).await;
    store.reserve(&reservation(env, &[("AHEAD-OF-GOODS", 1)])).await.unwrap();
}

async fn levels_are_listed_by_sku_with_a_filter(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    assert_eq!(listed(&store, StockFilter::All).await, Vec::<String>::new());
    some_of_each(&store, env, now).await;
    let all = ["AHEAD", "AHEAD-OF-GOODS", "LOW", "PLENTY", "c", "\u{e9}"];
    assert_eq!(listed(&store, StockFilter::All).await, all);
    assert_eq!(listed(&store, StockFilter::Low).await, ["LOW", "c", "\u{e9}"]);
    assert_eq!(listed(&store, StockFilter::Shortfall).await, ["AHEAD-OF-GOODS"]);
    store.adjust(&adjustment("LOW", 1, now), Idempotency::Key("k1")).await.unwrap();
    store.adjust(&adjustment("AHEAD-OF-GOODS", 1, now), Idempotency::Key("k2")).await.unwrap();
    store.reserve(&reservation(env, &[("PLENTY", 45)])).await.unwrap();
    assert_eq!(listed(&store, StockFilter::Low).await, ["PLENTY", "c", "\u{e9}"]);
    assert_eq!(listed(&store, StockFilter::Shortfall).await, Vec::<String>::new());
}

async fn levels_are_found_by_the_beginning_of_their_sku(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    some_of_each(&store, env, now).await;
    for name in ["AHEAD_", "aheadlight", "100%"] {
        count(&store, name, 1, Oversell::Deny, now).await;
    }
    let begin = |prefixes: &[&str], filter| StockSelection {
        filter,
        prefixes: prefixes.iter().map(|prefix| (*prefix).to_owned()).collect(),
    };
    assert_eq!(listed(&store, begin(&["AHEAD"], StockFilter::All)).await, ["AHEAD", "AHEAD-OF-GOODS", "AHEAD_"]);
    assert_eq!(
        listed(&store, begin(&["AHEAD-", "ahead", "nothing"], StockFilter::All)).await,
        ["AHEAD-OF-GOODS", "aheadlight"]
    );
    assert_eq!(listed(&store, begin(&["AHEAD", "ahead"], StockFilter::Low)).await, ["AHEAD_", "aheadlight"]);
    assert_eq!(listed(&store, begin(&["AHEAD"], StockFilter::Shortfall)).await, ["AHEAD-OF-GOODS"]);
    assert_eq!(listed(&store, begin(&["100%"], StockFilter::All)).await, ["100%"], "no wildcards");
    assert_eq!(listed(&store, begin(&["\u{e9}"], StockFilter::All)).await, ["\u{e9}"]);
}

async fn the_threshold_of_a_sku_decides_whether_it_is_low(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 20, Oversell::Deny, now).await;
    count(&store, "B", 20, Oversell::Continue, now).await;
    for name in ["A", "B"] {
        let set = store.set_threshold(&sku(name), Some(20)).await.unwrap().unwrap();
        assert_eq!((set.low_at, set.threshold(), set.is_low(), set.on_hand), (Some(20), Some(20), true, 20));
    }
    assert_eq!(listed(&store, StockFilter::Low).await, ["A", "B"]);
    count(&store, "A", 0, Oversell::Continue, now).await;
    let kept = store.levels(&[sku("A")]).await.unwrap()[&sku("A")];
    assert_eq!((kept.low_at, kept.on_hand), (Some(20), 20), "a policy change keeps the threshold");
    assert_eq!(store.set_threshold(&sku("A"), None).await.unwrap().unwrap().threshold(), None);
    count(&store, "A", 0, Oversell::Deny, now).await;
    assert_eq!(listed(&store, StockFilter::Low).await, ["B"], "the default threshold applies again");
    assert_eq!(store.set_threshold(&sku("Z"), Some(1)).await.unwrap(), None);
    assert_eq!(level(&store, "A").await, (20, 0));
}

async fn a_history_is_paged_and_its_entries_add_up(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 10, Oversell::Deny, now).await;
    count(&store, "B", 7, Oversell::Deny, now).await;
    for n in 0..4 {
        store.adjust(&adjustment("A", n - 2, now), Idempotency::Key(&format!("k{n}"))).await.unwrap();
        store.adjust(&adjustment("B", 1, now), Idempotency::Key(&format!("other{n}"))).await.unwrap();
        let sold = reservation(env, &[("A", 1)]);
        store.reserve(&sold).await.unwrap();
        store.commit(key(&sold), now).await.unwrap();
    }
    let (mut lines, mut before) = (Vec::new(), None);
    loop {
        let page = store.history(&sku("A"), before, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.number);
        lines.extend(page);
    }
    assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), (1..=9).rev().collect::<Vec<_>>());
    let (mut sum, (on_hand, _)) = (0, level(&store, "A").await);
    for line in lines.iter().rev() {
        sum += line.change;
        assert_eq!(line.on_hand, sum, "line {}", line.number);
    }
    assert_eq!(on_hand, sum);
    assert_eq!(store.history(&sku("A"), Some(1), 10).await.unwrap(), []);
    assert_eq!(store.history(&sku("Z"), None, 10).await.unwrap(), []);
}

conformance!(
    levels_are_listed_by_sku_with_a_filter,
    levels_are_found_by_the_beginning_of_their_sku,
    the_threshold_of_a_sku_decides_whether_it_is_low,
    a_history_is_paged_and_its_entries_add_up,
);
