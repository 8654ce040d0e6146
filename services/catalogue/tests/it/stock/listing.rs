//! Levels and histories, page by page.

use super::{Store, correction, count, key, level, reservation, sku};
use crate::conformance;
use crate::place::Place;
use catalogue::store::{Once, Which};
use contracts::Sku;
use contracts::catalogue::Oversell;
use jiff::Timestamp;
use testkit::TestEnvironment;

/// The names of what is listed, in pages of two.
async fn listed(store: &Store, which: Which) -> Vec<String> {
    let (mut names, mut after): (_, Option<Sku>) = (Vec::new(), None);
    loop {
        let page = store.list(which, after.as_ref(), 2).await.unwrap();
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

async fn levels_are_listed_by_sku_all_or_what_is_low_or_what_is_short(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    assert_eq!(listed(&store, Which::All).await, Vec::<String>::new());
    some_of_each(&store, env, now).await;
    let all = ["AHEAD", "AHEAD-OF-GOODS", "LOW", "PLENTY", "c", "\u{e9}"];
    assert_eq!(listed(&store, Which::All).await, all);
    assert_eq!(listed(&store, Which::Low).await, ["LOW", "c", "\u{e9}"]);
    assert_eq!(listed(&store, Which::Short).await, ["AHEAD-OF-GOODS"]);
    store.adjust(&correction("LOW", 1, now), Once::Key("k1")).await.unwrap();
    store.adjust(&correction("AHEAD-OF-GOODS", 1, now), Once::Key("k2")).await.unwrap();
    store.reserve(&reservation(env, &[("PLENTY", 45)])).await.unwrap();
    assert_eq!(listed(&store, Which::Low).await, ["PLENTY", "c", "\u{e9}"]);
    assert_eq!(listed(&store, Which::Short).await, Vec::<String>::new());
}

async fn a_threshold_of_its_own_decides_what_is_low(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 20, Oversell::Deny, now).await;
    count(&store, "B", 20, Oversell::Continue, now).await;
    for name in ["A", "B"] {
        let set = store.set_threshold(&sku(name), Some(20)).await.unwrap().unwrap();
        assert_eq!((set.low_at, set.threshold(), set.is_low(), set.on_hand), (Some(20), Some(20), true, 20));
    }
    assert_eq!(listed(&store, Which::Low).await, ["A", "B"]);
    count(&store, "A", 0, Oversell::Continue, now).await;
    let kept = store.levels(&[sku("A")]).await.unwrap()[&sku("A")];
    assert_eq!((kept.low_at, kept.on_hand), (Some(20), 20), "it outlasts another policy");
    assert_eq!(store.set_threshold(&sku("A"), None).await.unwrap().unwrap().threshold(), None);
    count(&store, "A", 0, Oversell::Deny, now).await;
    assert_eq!(listed(&store, Which::Low).await, ["B"], "the shop's own is in force again");
    assert_eq!(store.set_threshold(&sku("Z"), Some(1)).await.unwrap(), None);
    assert_eq!(level(&store, "A").await, (20, 0));
}

async fn a_history_is_read_page_by_page_and_each_line_adds_up(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 10, Oversell::Deny, now).await;
    count(&store, "B", 7, Oversell::Deny, now).await;
    for n in 0..4 {
        store.adjust(&correction("A", n - 2, now), Once::Key(&format!("k{n}"))).await.unwrap();
        store.adjust(&correction("B", 1, now), Once::Key(&format!("other{n}"))).await.unwrap();
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
    levels_are_listed_by_sku_all_or_what_is_low_or_what_is_short,
    a_threshold_of_its_own_decides_what_is_low,
    a_history_is_read_page_by_page_and_each_line_adds_up,
);
