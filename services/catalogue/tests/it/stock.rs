//! What every store of stock promises.

mod corrections;
mod listing;
pub mod news;

use crate::conformance;
use crate::place::Place;
use catalogue::stock::{Adjusted, Adjustment, Committed, Refusal, Reservation, Reserved, demand};
use catalogue::store::{NewSku, Once, StockStore};
use chassis::StoreError;
use contracts::catalogue::{AdjustmentKind, Oversell, ReservationKey, ReservationState};
use contracts::{OrderId, Sku};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use std::sync::Arc;
use testkit::TestEnvironment;

pub type Store = Arc<dyn StockStore>;

pub fn sku(name: &str) -> Sku {
    name.parse().unwrap()
}

pub async fn count(store: &Store, name: &str, initial: i64, oversell: Oversell, now: Timestamp) {
    store.ensure(&[NewSku { sku: sku(name), oversell, initial }], "test", now).await.unwrap();
}

/// A correction of somebody who counted.
pub fn correction(name: &str, change: i64, now: Timestamp) -> Adjustment {
    Adjustment {
        sku: sku(name),
        change,
        kind: AdjustmentKind::Counted,
        note: "counted".to_owned(),
        force: false,
        author: "test".to_owned(),
        at: now,
    }
}

pub fn reservation(env: &TestEnvironment, lines: &[(&str, i64)]) -> Reservation {
    Reservation {
        order_id: OrderId(env.system.id()),
        attempt: 1,
        demand: demand(lines.iter().map(|(name, quantity)| (sku(name), *quantity))),
        promotion: None,
        expected_by: env.system.now(),
    }
}

pub fn key(reservation: &Reservation) -> ReservationKey {
    ReservationKey { order_id: reservation.order_id, attempt: reservation.attempt }
}

pub async fn level(store: &Store, name: &str) -> (i64, i64) {
    let level = store.levels(&[sku(name)]).await.unwrap()[&sku(name)];
    (level.on_hand, level.reserved)
}

async fn all_of_it_is_reserved_or_nothing(place: Place, env: &TestEnvironment) {
    let store = place.stock().await;
    count(&store, "A", 5, Oversell::Deny, env.system.now()).await;
    count(&store, "B", 1, Oversell::Deny, env.system.now()).await;
    let Reserved::Short(short) = store.reserve(&reservation(env, &[("A", 2), ("B", 2)])).await.unwrap() else {
        panic!("more than there is")
    };
    assert_eq!((short[0].sku.as_str(), short[0].requested, short[0].available), ("B", 2, 1));
    assert_eq!((level(&store, "A").await, level(&store, "B").await), ((5, 0), (1, 0)));
}

async fn demand_of_one_sku_on_several_lines_is_summed(place: Place, env: &TestEnvironment) {
    let store = place.stock().await;
    count(&store, "A", 3, Oversell::Deny, env.system.now()).await;
    let twice = reservation(env, &[("A", 2), ("A", 2)]);
    assert!(matches!(store.reserve(&twice).await.unwrap(), Reserved::Short(_)));
}

async fn every_step_twice_is_once(place: Place, env: &TestEnvironment) {
    let store = place.stock().await;
    let now = env.system.now();
    count(&store, "A", 5, Oversell::Deny, now).await;
    let wanted = reservation(env, &[("A", 2)]);
    for _ in 0..2 {
        assert_eq!(store.reserve(&wanted).await.unwrap(), Reserved::Held(ReservationState::Held));
    }
    assert_eq!(level(&store, "A").await, (5, 2));
    for _ in 0..2 {
        assert_eq!(store.commit(key(&wanted), now).await.unwrap(), Committed::Done);
    }
    assert_eq!(level(&store, "A").await, (3, 0));
    for _ in 0..2 {
        assert_eq!(store.release(key(&wanted), now).await.unwrap(), ReservationState::Returned);
    }
    assert_eq!(level(&store, "A").await, (5, 0));
    assert_eq!(store.commit(key(&wanted), now).await.unwrap(), Committed::NotHeld);
    assert!(store.violations(10).await.unwrap().is_empty());
}

async fn a_release_that_comes_first_refuses_the_late_reserve(place: Place, env: &TestEnvironment) {
    let store = place.stock().await;
    count(&store, "A", 5, Oversell::Deny, env.system.now()).await;
    let late = reservation(env, &[("A", 1)]);
    assert_eq!(store.release(key(&late), env.system.now()).await.unwrap(), ReservationState::Released);
    assert_eq!(store.reserve(&late).await.unwrap(), Reserved::Released);
    assert_eq!(level(&store, "A").await, (5, 0));
}

async fn what_is_sold_ahead_waits_for_goods(place: Place, env: &TestEnvironment) {
    let store = place.stock().await;
    let now = env.system.now();
    count(&store, "A", 0, Oversell::Continue, now).await;
    let ahead = reservation(env, &[("A", 2)]);
    assert_eq!(store.reserve(&ahead).await.unwrap(), Reserved::Held(ReservationState::Held));
    assert_eq!(store.commit(key(&ahead), now).await.unwrap(), Committed::AwaitingStock);
    assert_eq!(store.adjust(&correction("A", 2, now), Once::Key("k1")).await.unwrap(), Adjusted::Done);
    assert_eq!(store.commit(key(&ahead), now).await.unwrap(), Committed::Done);
    assert_eq!(level(&store, "A").await, (0, 0));
}

async fn a_correction_counts_once_and_never_breaks_a_promise(place: Place, env: &TestEnvironment) {
    let store = place.stock().await;
    let now = env.system.now();
    count(&store, "A", 5, Oversell::Deny, now).await;
    store.reserve(&reservation(env, &[("A", 4)])).await.unwrap();
    let refused = store.adjust(&correction("A", -2, now), Once::Key("k1")).await.unwrap();
    assert!(matches!(refused, Adjusted::Refused(Refusal::Promised, level) if level.reserved == 4));
    for _ in 0..2 {
        assert_eq!(store.adjust(&correction("A", -1, now), Once::Key("k2")).await.unwrap(), Adjusted::Done);
    }
    assert_eq!(level(&store, "A").await, (4, 4));
    assert_eq!(store.adjust(&correction("Z", 1, now), Once::Key("k3")).await.unwrap(), Adjusted::Unknown);
    let history: i64 = store.history(&sku("A"), None, 10).await.unwrap().iter().map(|change| change.change).sum();
    assert_eq!(history, 4);
}

async fn fifty_buyers_of_ten_units_are_ten_sales(place: Place, env: &TestEnvironment) {
    let store = place.stock().await;
    count(&store, "A", 10, Oversell::Deny, env.system.now()).await;
    let wanted: Vec<Reservation> = (0..50).map(|_| reservation(env, &[("A", 1)])).collect();
    let outcomes = join_all(wanted.iter().map(|one| store.reserve(one))).await;
    let held = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Reserved::Held(_)))).count();
    let short = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Reserved::Short(_)))).count();
    assert_eq!((held, short, level(&store, "A").await), (10, 40, (10, 10)));
}

async fn a_limited_promotion_is_used_up_to_its_limit_and_given_back(place: Place, env: &TestEnvironment) {
    let store = place.stock().await;
    count(&store, "A", 100, Oversell::Deny, env.system.now()).await;
    let with_code = || Reservation { promotion: Some(("CODE".into(), Some(2))), ..reservation(env, &[("A", 1)]) };
    let first = with_code();
    store.reserve(&first).await.unwrap();
    store.reserve(&with_code()).await.unwrap();
    assert_eq!(store.reserve(&with_code()).await.unwrap(), Reserved::PromotionUsedUp);
    assert_eq!(level(&store, "A").await, (100, 2));
    store.release(key(&first), env.system.now()).await.unwrap();
    assert_eq!(store.promotion_uses(&["CODE"]).await.unwrap()["CODE"], 1);
    assert!(matches!(store.reserve(&with_code()).await.unwrap(), Reserved::Held(_)));
}

async fn becoming_buyable_and_ceasing_to_be_is_noted(place: Place, env: &TestEnvironment) {
    let store = place.stock().await;
    let now = env.system.now();
    count(&store, "A", 1, Oversell::Deny, now).await;
    let (_, start) = store.changes_after(0, 100).await.unwrap();
    let last = reservation(env, &[("A", 1)]);
    store.reserve(&last).await.unwrap();
    let (gone, place) = store.changes_after(start, 100).await.unwrap();
    assert_eq!(gone, [sku("A")]);
    store.release(key(&last), now).await.unwrap();
    assert_eq!(store.changes_after(place, 100).await.unwrap().0, [sku("A")]);
}

async fn two_processes_that_sell_the_last_units_sell_no_more(place: Place, env: &TestEnvironment) {
    let (one, other) = (place.stock().await, place.stock().await);
    count(&one, "A", 10, Oversell::Deny, env.system.now()).await;
    let wanted: Vec<Reservation> = (0..30).map(|_| reservation(env, &[("A", 1)])).collect();
    let (first, second) = wanted.split_at(15);
    let buy = |store: Store, wanted: Vec<Reservation>| async move {
        join_all(wanted.iter().map(|one| store.reserve(one))).await.into_iter().map(Result::unwrap).collect::<Vec<_>>()
    };
    let (first, second) = tokio::join!(buy(one.clone(), first.to_vec()), buy(other, second.to_vec()));
    let held = first.iter().chain(&second).filter(|outcome| matches!(outcome, Reserved::Held(_))).count();
    assert_eq!((held, level(&one, "A").await), (10, (10, 10)));
    assert!(one.violations(10).await.unwrap().is_empty());
}

async fn buyers_of_the_same_goods_in_other_orders_all_get_them(place: Place, env: &TestEnvironment) {
    let store = place.stock().await;
    for name in ["A", "B", "C"] {
        count(&store, name, 20, Oversell::Deny, env.system.now()).await;
    }
    let baskets = [[("A", 1), ("B", 1)], [("B", 1), ("A", 1)], [("C", 1), ("B", 1)], [("A", 1), ("C", 1)]];
    let wanted: Vec<Reservation> = (0..20).map(|n| reservation(env, &baskets[n % 4])).collect();
    for outcome in join_all(wanted.iter().map(|one| store.reserve(one))).await {
        assert_eq!(outcome.unwrap(), Reserved::Held(ReservationState::Held));
    }
    for (name, reserved) in [("A", 15), ("B", 15), ("C", 10)] {
        assert_eq!(level(&store, name).await, (20, reserved), "{name}");
    }
}

async fn the_same_step_by_many_at_once_is_one_step(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    let first = NewSku { sku: sku("A"), oversell: Oversell::Deny, initial: 9 };
    for made in join_all((0..6).map(|_| store.ensure(std::slice::from_ref(&first), "test", now))).await {
        made.unwrap();
    }
    let wanted = reservation(env, &[("A", 2)]);
    for reserved in join_all((0..6).map(|_| store.reserve(&wanted))).await {
        assert_eq!(reserved.unwrap(), Reserved::Held(ReservationState::Held));
    }
    assert_eq!(level(&store, "A").await, (9, 2));
    for committed in join_all((0..6).map(|_| store.commit(key(&wanted), now))).await {
        assert_eq!(committed.unwrap(), Committed::Done);
    }
    assert_eq!(level(&store, "A").await, (7, 0));
    let lost = correction("A", -3, now);
    for adjusted in join_all((0..6).map(|_| store.adjust(&lost, Once::Key("k")))).await {
        assert_eq!(adjusted.unwrap(), Adjusted::Done);
    }
    for released in join_all((0..6).map(|_| store.release(key(&wanted), now))).await {
        assert_eq!(released.unwrap(), ReservationState::Returned);
    }
    assert_eq!(level(&store, "A").await, (6, 0));
    let history: Vec<i64> = store.history(&sku("A"), None, 10).await.unwrap().iter().map(|line| line.change).collect();
    assert_eq!(history, [2, -3, -2, 9]);
}

async fn a_reserve_and_its_release_at_once_hold_nothing(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    for _ in 0..8 {
        let wanted = Reservation { promotion: Some(("CODE".into(), Some(1))), ..reservation(env, &[("A", 5)]) };
        let (reserved, released) = tokio::join!(store.reserve(&wanted), store.release(key(&wanted), now));
        assert!(matches!(reserved.unwrap(), Reserved::Held(_) | Reserved::Released));
        assert_eq!(released.unwrap(), ReservationState::Released);
        assert_eq!(level(&store, "A").await, (5, 0));
        assert!(store.promotion_uses(&["CODE"]).await.unwrap().is_empty());
    }
}

async fn a_commit_and_a_release_at_once_leave_true_books(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    for _ in 0..8 {
        let wanted = reservation(env, &[("A", 2)]);
        store.reserve(&wanted).await.unwrap();
        let (committed, released) = tokio::join!(store.commit(key(&wanted), now), store.release(key(&wanted), now));
        let expected = match committed.unwrap() {
            Committed::Done => ReservationState::Returned,
            _ => ReservationState::Released,
        };
        assert_eq!(released.unwrap(), expected);
        assert_eq!(level(&store, "A").await, (5, 0));
        assert!(store.violations(10).await.unwrap().is_empty());
    }
}

async fn the_last_uses_of_a_promotion_are_raced_for_and_not_exceeded(place: Place, env: &TestEnvironment) {
    let store = place.stock().await;
    for n in 0..12 {
        count(&store, &format!("S{n}"), 1, Oversell::Deny, env.system.now()).await;
    }
    let with_code = |n: usize| Reservation {
        promotion: Some(("CODE".into(), Some(3))),
        ..reservation(env, &[(format!("S{n}").as_str(), 1)])
    };
    let wanted: Vec<Reservation> = (0..12).map(with_code).collect();
    let outcomes = join_all(wanted.iter().map(|one| store.reserve(one))).await;
    let held = outcomes.into_iter().filter(|one| matches!(one.as_ref().unwrap(), Reserved::Held(_))).count();
    assert_eq!((held, store.promotion_uses(&["CODE", "OTHER"]).await.unwrap()["CODE"]), (3, 3));
}

async fn a_correction_and_a_reservation_at_once_never_promise_what_is_not_there(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    for n in 0..8 {
        let name = format!("S{n}");
        count(&store, &name, 3, Oversell::Deny, now).await;
        let (wanted, lost) = (reservation(env, &[(name.as_str(), 2)]), correction(&name, -2, now));
        let (reserved, adjusted) = tokio::join!(store.reserve(&wanted), store.adjust(&lost, Once::Key(&name)));
        match (reserved.unwrap(), adjusted.unwrap()) {
            (Reserved::Held(_), Adjusted::Refused(..)) => assert_eq!(level(&store, &name).await, (3, 2)),
            (Reserved::Short(_), Adjusted::Done) => assert_eq!(level(&store, &name).await, (1, 0)),
            other => panic!("{other:?}"),
        }
    }
}

async fn a_sku_may_have_any_printable_name(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    let longest = "\u{1F9E6}".repeat(64);
    let names =
        ["$set", "a.b.c", "$", ".", "_id", "A", "a", "\u{1F600}", "\u{e9}", "e\u{301}", "x/y\"z'", "%2F", &longest];
    for (place, name) in names.iter().enumerate() {
        count(&store, name, i64::try_from(place).unwrap() + 1, Oversell::Deny, now).await;
    }
    let all: Vec<(&str, i64)> = names.iter().map(|name| (*name, 1)).collect();
    let wanted = reservation(env, &all);
    assert_eq!(store.reserve(&wanted).await.unwrap(), Reserved::Held(ReservationState::Held));
    assert_eq!(store.commit(key(&wanted), now).await.unwrap(), Committed::Done);
    for (place, name) in names.iter().enumerate() {
        assert_eq!(level(&store, name).await, (i64::try_from(place).unwrap(), 0), "{name}");
        assert_eq!(store.history(&sku(name), None, 10).await.unwrap().len(), 2, "{name}");
    }
    assert!(store.violations(10).await.unwrap().is_empty());
}

async fn an_order_of_very_many_skus_is_one_reservation(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    let names: Vec<String> = (0..600).map(|n| format!("SKU-{n}")).collect();
    let new = |name: &String| NewSku { sku: sku(name), oversell: Oversell::Deny, initial: 1 };
    store.ensure(&names.iter().map(new).collect::<Vec<_>>(), "test", now).await.unwrap();
    let wanted = reservation(env, &names.iter().map(|name| (name.as_str(), 1)).collect::<Vec<_>>());
    assert_eq!(store.reserve(&wanted).await.unwrap(), Reserved::Held(ReservationState::Held));
    let skus: Vec<Sku> = names.iter().map(|name| sku(name)).collect();
    let levels = store.levels(&skus).await.unwrap();
    assert!(levels.len() == 600 && levels.values().all(|level| level.available() == 0));
    assert_eq!(store.changes_after(0, 1_000).await.unwrap().0.len(), 600);
}

async fn numbers_beyond_32_bits_are_kept(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    let much = 9_007_199_254_740_993;
    count(&store, "A", much, Oversell::Deny, now).await;
    assert_eq!(store.adjust(&correction("A", -1, now), Once::Key("k")).await.unwrap(), Adjusted::Done);
    assert_eq!(level(&store, "A").await, (much - 1, 0));
    let refused = store.adjust(&correction("A", i64::MAX, now), Once::Key("k2")).await.unwrap();
    assert!(matches!(refused, Adjusted::Refused(..)));
    assert!(store.violations(10).await.unwrap().is_empty());
}

async fn what_is_held_is_listed_page_by_page_with_its_time(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 100, Oversell::Deny, now).await;
    let first = reservation(env, &[("A", 1)]);
    let tries: Vec<Reservation> =
        [1, 2, 10, 11].into_iter().map(|attempt| Reservation { attempt, ..first.clone() }).collect();
    let other = reservation(env, &[("A", 1)]);
    let released = reservation(env, &[("A", 1)]);
    for one in tries.iter().chain([&other, &released]) {
        store.reserve(one).await.unwrap();
    }
    store.release(key(&released), now).await.unwrap();
    store.release(key(&reservation(env, &[])), now).await.unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.held(after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.key);
        seen.extend(page);
    }
    let mut expected: Vec<ReservationKey> = tries.iter().chain([&other]).map(key).collect();
    expected.sort_by_key(|key| (key.order_id, key.attempt));
    assert_eq!(seen.iter().map(|one| one.key).collect::<Vec<_>>(), expected);
    assert!(seen.iter().all(|one| one.expected_by == now));
}

async fn history_is_in_the_order_of_events_whatever_the_clocks_say(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    let earlier = now.checked_sub(SignedDuration::from_hours(2)).unwrap();
    let second = Adjustment { note: "second".to_owned(), ..correction("A", 7, earlier) };
    store.adjust(&second, Once::Key("k1")).await.unwrap();
    let latest = store.history(&sku("A"), None, 1).await.unwrap();
    assert_eq!((latest[0].change, latest[0].note.as_str(), latest[0].at), (7, "second", earlier));
    assert_eq!(store.history(&sku("A"), None, 10).await.unwrap().len(), 2);
    assert!(store.history(&sku("B"), None, 10).await.unwrap().is_empty());
}

async fn a_policy_changes_without_a_new_count(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    let (_, start) = store.changes_after(0, 100).await.unwrap();
    count(&store, "A", 99, Oversell::Deny, now).await;
    assert_eq!(store.changes_after(start, 100).await.unwrap(), (vec![], start));
    count(&store, "A", 99, Oversell::Continue, now).await;
    assert_eq!(store.changes_after(start, 100).await.unwrap().0, [sku("A")]);
    let kept = store.levels(&[sku("A"), sku("B")]).await.unwrap();
    assert_eq!((kept.len(), kept[&sku("A")].on_hand, kept[&sku("A")].oversell), (1, 5, Oversell::Continue));
}

async fn followers_miss_no_change_while_others_write(place: Place, env: &TestEnvironment) {
    let [store, one, other] = [place.stock().await, place.stock().await, place.stock().await];
    let names: Vec<String> = (0..24).map(|n| format!("SKU-{n}")).collect();
    for name in &names {
        count(&store, name, 1, Oversell::Deny, env.system.now()).await;
    }
    let wanted: Vec<Reservation> = names.iter().map(|name| reservation(env, &[(name.as_str(), 1)])).collect();
    let write = async { join_all(wanted.iter().map(|one| store.reserve(one))).await };
    let follow = async |follower: Store| {
        let (mut seen, mut place) = (HashSet::new(), 0);
        while seen.len() < names.len() {
            let (skus, reached) = follower.changes_after(place, 3).await.unwrap();
            assert!(reached >= place && skus.iter().all(|sku| seen.insert(sku.clone())), "a change twice");
            place = reached;
            tokio::task::yield_now().await;
        }
    };
    let patience = std::time::Duration::from_secs(300);
    let both = async { tokio::join!(follow(one), follow(other)) };
    let (written, followed) = tokio::join!(write, tokio::time::timeout(patience, both));
    assert!(written.iter().all(Result::is_ok));
    assert!(followed.is_ok(), "a follower misses a change");
}

/// A crowd may be told to come again, as every caller does.
async fn insists(store: &Store, wanted: &Reservation) -> Reserved {
    loop {
        match store.reserve(wanted).await {
            Err(StoreError::Unavailable(_)) => {}
            other => return other.unwrap(),
        }
    }
}

async fn a_crowd_in_three_processes_gets_all_of_plenty(place: Place, env: &TestEnvironment) {
    let stores = [place.stock().await, place.stock().await, place.stock().await];
    count(&stores[0], "A", 1_000, Oversell::Deny, env.system.now()).await;
    let wanted: Vec<Reservation> = (0..120).map(|_| reservation(env, &[("A", 1)])).collect();
    let buys = wanted.iter().enumerate().map(|(n, one)| insists(&stores[n % 3], one));
    for outcome in join_all(buys).await {
        assert_eq!(outcome, Reserved::Held(ReservationState::Held));
    }
    assert_eq!(level(&stores[0], "A").await, (1_000, 120));
}

async fn a_crowd_in_three_processes_gets_the_last_units_of_many_skus(place: Place, env: &TestEnvironment) {
    let stores = [place.stock().await, place.stock().await, place.stock().await];
    let names: Vec<String> = (0..90).map(|n| format!("SKU-{n}")).collect();
    let new = |name: &String| NewSku { sku: sku(name), oversell: Oversell::Deny, initial: 1 };
    stores[0].ensure(&names.iter().map(new).collect::<Vec<_>>(), "test", env.system.now()).await.unwrap();
    let wanted: Vec<Reservation> = names.iter().map(|name| reservation(env, &[(name.as_str(), 1)])).collect();
    let buys = wanted.iter().enumerate().map(|(n, one)| insists(&stores[n % 3], one));
    for outcome in join_all(buys).await {
        assert_eq!(outcome, Reserved::Held(ReservationState::Held));
    }
    assert_eq!(stores[0].changes_after(0, 1_000).await.unwrap().0.len(), 90);
}

async fn several_that_open_an_empty_place_at_once_share_it(place: Place, env: &TestEnvironment) {
    let stores = join_all((0..4).map(|_| place.stock())).await;
    for (n, store) in stores.iter().enumerate() {
        count(store, &format!("S{n}"), 1, Oversell::Deny, env.system.now()).await;
        store.check().await.unwrap();
    }
    let skus: Vec<Sku> = (0..4).map(|n| sku(&format!("S{n}"))).collect();
    assert_eq!(stores[0].levels(&skus).await.unwrap().len(), 4);
}

conformance!(
    all_of_it_is_reserved_or_nothing,
    demand_of_one_sku_on_several_lines_is_summed,
    every_step_twice_is_once,
    a_release_that_comes_first_refuses_the_late_reserve,
    what_is_sold_ahead_waits_for_goods,
    a_correction_counts_once_and_never_breaks_a_promise,
    fifty_buyers_of_ten_units_are_ten_sales,
    a_limited_promotion_is_used_up_to_its_limit_and_given_back,
    becoming_buyable_and_ceasing_to_be_is_noted,
    two_processes_that_sell_the_last_units_sell_no_more,
    buyers_of_the_same_goods_in_other_orders_all_get_them,
    the_same_step_by_many_at_once_is_one_step,
    a_reserve_and_its_release_at_once_hold_nothing,
    a_commit_and_a_release_at_once_leave_true_books,
    the_last_uses_of_a_promotion_are_raced_for_and_not_exceeded,
    a_correction_and_a_reservation_at_once_never_promise_what_is_not_there,
    a_sku_may_have_any_printable_name,
    an_order_of_very_many_skus_is_one_reservation,
    numbers_beyond_32_bits_are_kept,
    what_is_held_is_listed_page_by_page_with_its_time,
    history_is_in_the_order_of_events_whatever_the_clocks_say,
    a_policy_changes_without_a_new_count,
    followers_miss_no_change_while_others_write,
    a_crowd_in_three_processes_gets_all_of_plenty,
    a_crowd_in_three_processes_gets_the_last_units_of_many_skus,
    several_that_open_an_empty_place_at_once_share_it,
);
