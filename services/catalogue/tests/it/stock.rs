//! The contract of every stock store.

mod adjustments;
pub mod events;
mod listing;

use crate::conformance;
use crate::store_backend::StoreBackend;
use catalogue::stock::{
    Adjustment, AdjustmentOutcome, AdjustmentRejection, CommitOutcome, Reservation, ReserveOutcome, sum_demand,
};
use catalogue::store::{Idempotency, NewSku, StockStore};
use chassis::StoreError;
use contracts::catalogue::{AdjustmentKind, Oversell, ReservationKey, ReservationState};
use contracts::{CartId, OrderId, Sku};
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

/// Builds an adjustment of the kind `counted`.
pub fn adjustment(name: &str, change: i64, now: Timestamp) -> Adjustment {
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
        demand: sum_demand(lines.iter().map(|(name, quantity)| (sku(name), *quantity))),
        promotion: None,
        expected_by: env.system.now(),
        cart_id: None,
    }
}

pub fn key(reservation: &Reservation) -> ReservationKey {
    ReservationKey { order_id: reservation.order_id, attempt: reservation.attempt }
}

pub async fn level(store: &Store, name: &str) -> (i64, i64) {
    let level = store.levels(&[sku(name)]).await.unwrap()[&sku(name)];
    (level.on_hand, level.reserved)
}

async fn the_whole_demand_is_reserved_or_nothing(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.stock().await;
    count(&store, "A", 5, Oversell::Deny, env.system.now()).await;
    count(&store, "B", 1, Oversell::Deny, env.system.now()).await;
    let ReserveOutcome::InsufficientStock(short) =
        store.reserve(&reservation(env, &[("A", 2), ("B", 2)])).await.unwrap()
    else {
        panic!("the demand exceeds the stock")
    };
    assert_eq!((short[0].sku.as_str(), short[0].requested, short[0].available), ("B", 2, 1));
    assert_eq!((level(&store, "A").await, level(&store, "B").await), ((5, 0), (1, 0)));
}

async fn what_is_reserved_for_a_cart_is_known_until_it_ends(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 9, Oversell::Deny, now).await;
    let cart = CartId(env.system.id());
    let one =
        Reservation { cart_id: Some(cart), promotion: Some(("CODE".into(), Some(5))), ..reservation(env, &[("A", 2)]) };
    let other = Reservation { cart_id: Some(cart), ..reservation(env, &[("A", 3)]) };
    let of_another_cart = Reservation { cart_id: Some(CartId(env.system.id())), ..reservation(env, &[("A", 1)]) };
    for reservation in [&one, &other, &of_another_cart, &reservation(env, &[("A", 1)])] {
        store.reserve(reservation).await.unwrap();
    }
    let held = async || {
        let held = store.held_for_cart(cart).await.unwrap();
        (held.of(&sku("A")), held.codes)
    };
    assert_eq!(held().await, (5, vec!["CODE".to_owned()]));
    store.release(key(&one), now).await.unwrap();
    assert_eq!(held().await, (3, Vec::new()));
    store.commit(key(&other), now).await.unwrap();
    assert_eq!(held().await, (0, Vec::new()), "what is paid and taken out of stock is not the cart's any more");
}

async fn demand_of_one_sku_on_several_lines_is_summed(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.stock().await;
    count(&store, "A", 3, Oversell::Deny, env.system.now()).await;
    let interrupted_then_repeated = reservation(env, &[("A", 2), ("A", 2)]);
    assert!(matches!(store.reserve(&interrupted_then_repeated).await.unwrap(), ReserveOutcome::InsufficientStock(_)));
}

async fn every_step_is_idempotent(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.stock().await;
    let now = env.system.now();
    count(&store, "A", 5, Oversell::Deny, now).await;
    let requested = reservation(env, &[("A", 2)]);
    for _ in 0..2 {
        assert_eq!(store.reserve(&requested).await.unwrap(), ReserveOutcome::Reserved(ReservationState::Held));
    }
    assert_eq!(level(&store, "A").await, (5, 2));
    for _ in 0..2 {
        assert_eq!(store.commit(key(&requested), now).await.unwrap(), CommitOutcome::Done);
    }
    assert_eq!(level(&store, "A").await, (3, 0));
    for _ in 0..2 {
        assert_eq!(store.release(key(&requested), now).await.unwrap(), ReservationState::Returned);
    }
    assert_eq!(level(&store, "A").await, (5, 0));
    assert_eq!(store.commit(key(&requested), now).await.unwrap(), CommitOutcome::NotReserved);
    assert!(store.violations(10).await.unwrap().is_empty());
}

async fn a_release_before_a_delayed_reserve_rejects_it(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.stock().await;
    count(&store, "A", 5, Oversell::Deny, env.system.now()).await;
    let late = reservation(env, &[("A", 1)]);
    assert_eq!(store.release(key(&late), env.system.now()).await.unwrap(), ReservationState::Released);
    assert_eq!(store.reserve(&late).await.unwrap(), ReserveOutcome::Released);
    assert_eq!(level(&store, "A").await, (5, 0));
}

async fn a_backorder_waits_for_stock(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.stock().await;
    let now = env.system.now();
    count(&store, "A", 0, Oversell::Continue, now).await;
    let ahead = reservation(env, &[("A", 2)]);
    assert_eq!(store.reserve(&ahead).await.unwrap(), ReserveOutcome::Reserved(ReservationState::Held));
    assert_eq!(store.commit(key(&ahead), now).await.unwrap(), CommitOutcome::AwaitingStock);
    assert_eq!(store.adjust(&adjustment("A", 2, now), Idempotency::Key("k1")).await.unwrap(), AdjustmentOutcome::Done);
    assert_eq!(store.commit(key(&ahead), now).await.unwrap(), CommitOutcome::Done);
    assert_eq!(level(&store, "A").await, (0, 0));
}

async fn an_adjustment_counts_once_and_never_removes_reserved_units(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.stock().await;
    let now = env.system.now();
    count(&store, "A", 5, Oversell::Deny, now).await;
    store.reserve(&reservation(env, &[("A", 4)])).await.unwrap();
    let refused = store.adjust(&adjustment("A", -2, now), Idempotency::Key("k1")).await.unwrap();
    assert!(
        matches!(refused, AdjustmentOutcome::Rejected(AdjustmentRejection::ReservedStock, level) if level.reserved == 4)
    );
    for _ in 0..2 {
        assert_eq!(
            store.adjust(&adjustment("A", -1, now), Idempotency::Key("k2")).await.unwrap(),
            AdjustmentOutcome::Done
        );
    }
    assert_eq!(level(&store, "A").await, (4, 4));
    assert_eq!(
        store.adjust(&adjustment("Z", 1, now), Idempotency::Key("k3")).await.unwrap(),
        AdjustmentOutcome::UnknownSku
    );
    let history: i64 = store.history(&sku("A"), None, 10).await.unwrap().iter().map(|change| change.change).sum();
    assert_eq!(history, 4);
}

async fn fifty_orders_for_ten_units_reserve_ten(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.stock().await;
    count(&store, "A", 10, Oversell::Deny, env.system.now()).await;
    let requested: Vec<Reservation> = (0..50).map(|_| reservation(env, &[("A", 1)])).collect();
    let outcomes = join_all(requested.iter().map(|one| store.reserve(one))).await;
    let held = outcomes.iter().filter(|outcome| matches!(outcome, Ok(ReserveOutcome::Reserved(_)))).count();
    let short = outcomes.iter().filter(|outcome| matches!(outcome, Ok(ReserveOutcome::InsufficientStock(_)))).count();
    assert_eq!((held, short, level(&store, "A").await), (10, 40, (10, 10)));
}

async fn a_limited_promotion_stops_at_its_limit_and_is_released(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.stock().await;
    count(&store, "A", 100, Oversell::Deny, env.system.now()).await;
    let with_code = || Reservation { promotion: Some(("CODE".into(), Some(2))), ..reservation(env, &[("A", 1)]) };
    let first = with_code();
    store.reserve(&first).await.unwrap();
    store.reserve(&with_code()).await.unwrap();
    assert_eq!(store.reserve(&with_code()).await.unwrap(), ReserveOutcome::PromotionUsedUp);
    assert_eq!(level(&store, "A").await, (100, 2));
    store.release(key(&first), env.system.now()).await.unwrap();
    assert_eq!(store.promotion_uses(&["CODE"]).await.unwrap()["CODE"], 1);
    assert!(matches!(store.reserve(&with_code()).await.unwrap(), ReserveOutcome::Reserved(_)));
}

async fn availability_changes_are_logged(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.stock().await;
    let now = env.system.now();
    count(&store, "A", 1, Oversell::Deny, now).await;
    let (_, start) = store.changes_after(0, 100).await.unwrap();
    let last = reservation(env, &[("A", 1)]);
    store.reserve(&last).await.unwrap();
    let (gone, position) = store.changes_after(start, 100).await.unwrap();
    assert_eq!(gone, [sku("A")]);
    store.release(key(&last), now).await.unwrap();
    assert_eq!(store.changes_after(position, 100).await.unwrap().0, [sku("A")]);
}

async fn two_processes_never_oversell_the_last_units(backend: StoreBackend, env: &TestEnvironment) {
    let (one, other) = (backend.stock().await, backend.stock().await);
    count(&one, "A", 10, Oversell::Deny, env.system.now()).await;
    let requested: Vec<Reservation> = (0..30).map(|_| reservation(env, &[("A", 1)])).collect();
    let (first, second) = requested.split_at(15);
    let buy = |store: Store, requested: Vec<Reservation>| async move {
        join_all(requested.iter().map(|one| store.reserve(one)))
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect::<Vec<_>>()
    };
    let (first, second) = tokio::join!(buy(one.clone(), first.to_vec()), buy(other, second.to_vec()));
    let held = first.iter().chain(&second).filter(|outcome| matches!(outcome, ReserveOutcome::Reserved(_))).count();
    assert_eq!((held, level(&one, "A").await), (10, (10, 10)));
    assert!(one.violations(10).await.unwrap().is_empty());
}

async fn orders_of_the_same_skus_do_not_deadlock(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.stock().await;
    for name in ["A", "B", "C"] {
        count(&store, name, 20, Oversell::Deny, env.system.now()).await;
    }
    let baskets = [[("A", 1), ("B", 1)], [("B", 1), ("A", 1)], [("C", 1), ("B", 1)], [("A", 1), ("C", 1)]];
    let requested: Vec<Reservation> = (0..20).map(|n| reservation(env, &baskets[n % 4])).collect();
    for outcome in join_all(requested.iter().map(|one| store.reserve(one))).await {
        assert_eq!(outcome.unwrap(), ReserveOutcome::Reserved(ReservationState::Held));
    }
    for (name, reserved) in [("A", 15), ("B", 15), ("C", 10)] {
        assert_eq!(level(&store, name).await, (20, reserved), "{name}");
    }
}

async fn concurrent_repetitions_of_a_step_count_once(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    let first = NewSku { sku: sku("A"), oversell: Oversell::Deny, initial: 9 };
    for made in join_all((0..6).map(|_| store.ensure(std::slice::from_ref(&first), "test", now))).await {
        made.unwrap();
    }
    let requested = reservation(env, &[("A", 2)]);
    for reserved in join_all((0..6).map(|_| store.reserve(&requested))).await {
        assert_eq!(reserved.unwrap(), ReserveOutcome::Reserved(ReservationState::Held));
    }
    assert_eq!(level(&store, "A").await, (9, 2));
    for committed in join_all((0..6).map(|_| store.commit(key(&requested), now))).await {
        assert_eq!(committed.unwrap(), CommitOutcome::Done);
    }
    assert_eq!(level(&store, "A").await, (7, 0));
    let lost = adjustment("A", -3, now);
    for adjusted in join_all((0..6).map(|_| store.adjust(&lost, Idempotency::Key("k")))).await {
        assert_eq!(adjusted.unwrap(), AdjustmentOutcome::Done);
    }
    for released in join_all((0..6).map(|_| store.release(key(&requested), now))).await {
        assert_eq!(released.unwrap(), ReservationState::Returned);
    }
    assert_eq!(level(&store, "A").await, (6, 0));
    let history: Vec<i64> = store.history(&sku("A"), None, 10).await.unwrap().iter().map(|line| line.change).collect();
    assert_eq!(history, [2, -3, -2, 9]);
}

async fn a_concurrent_reserve_and_release_reserve_nothing(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    for _ in 0..8 {
        let requested = Reservation { promotion: Some(("CODE".into(), Some(1))), ..reservation(env, &[("A", 5)]) };
        let (reserved, released) = tokio::join!(store.reserve(&requested), store.release(key(&requested), now));
        assert!(matches!(reserved.unwrap(), ReserveOutcome::Reserved(_) | ReserveOutcome::Released));
        assert_eq!(released.unwrap(), ReservationState::Released);
        assert_eq!(level(&store, "A").await, (5, 0));
        assert!(store.promotion_uses(&["CODE"]).await.unwrap().is_empty());
    }
}

async fn a_concurrent_commit_and_release_stay_consistent(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    for _ in 0..8 {
        let requested = reservation(env, &[("A", 2)]);
        store.reserve(&requested).await.unwrap();
        let (committed, released) =
            tokio::join!(store.commit(key(&requested), now), store.release(key(&requested), now));
        let expected = match committed.unwrap() {
            CommitOutcome::Done => ReservationState::Returned,
            _ => ReservationState::Released,
        };
        assert_eq!(released.unwrap(), expected);
        assert_eq!(level(&store, "A").await, (5, 0));
        assert!(store.violations(10).await.unwrap().is_empty());
    }
}

async fn concurrent_orders_never_exceed_a_promotion_limit(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.stock().await;
    for n in 0..12 {
        count(&store, &format!("S{n}"), 1, Oversell::Deny, env.system.now()).await;
    }
    let with_code = |n: usize| Reservation {
        promotion: Some(("CODE".into(), Some(3))),
        ..reservation(env, &[(format!("S{n}").as_str(), 1)])
    };
    let requested: Vec<Reservation> = (0..12).map(with_code).collect();
    let outcomes = join_all(requested.iter().map(|one| store.reserve(one))).await;
    let held = outcomes.into_iter().filter(|one| matches!(one.as_ref().unwrap(), ReserveOutcome::Reserved(_))).count();
    assert_eq!((held, store.promotion_uses(&["CODE", "OTHER"]).await.unwrap()["CODE"]), (3, 3));
}

async fn a_concurrent_adjustment_and_reservation_never_oversell(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    for n in 0..8 {
        let name = format!("S{n}");
        count(&store, &name, 3, Oversell::Deny, now).await;
        let (requested, lost) = (reservation(env, &[(name.as_str(), 2)]), adjustment(&name, -2, now));
        let (reserved, adjusted) =
            tokio::join!(store.reserve(&requested), store.adjust(&lost, Idempotency::Key(&name)));
        match (reserved.unwrap(), adjusted.unwrap()) {
            (ReserveOutcome::Reserved(_), AdjustmentOutcome::Rejected(..)) => {
                assert_eq!(level(&store, &name).await, (3, 2));
            }
            (ReserveOutcome::InsufficientStock(_), AdjustmentOutcome::Done) => {
                assert_eq!(level(&store, &name).await, (1, 0));
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn a_sku_may_have_any_printable_name(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    let longest = "\u{1F9E6}".repeat(64);
    let names =
        ["$set", "a.b.c", "$", ".", "_id", "A", "a", "\u{1F600}", "\u{e9}", "e\u{301}", "x/y\"z'", "%2F", &longest];
    for (position, name) in names.iter().enumerate() {
        count(&store, name, i64::try_from(position).unwrap() + 1, Oversell::Deny, now).await;
    }
    let all: Vec<(&str, i64)> = names.iter().map(|name| (*name, 1)).collect();
    let requested = reservation(env, &all);
    assert_eq!(store.reserve(&requested).await.unwrap(), ReserveOutcome::Reserved(ReservationState::Held));
    assert_eq!(store.commit(key(&requested), now).await.unwrap(), CommitOutcome::Done);
    for (position, name) in names.iter().enumerate() {
        assert_eq!(level(&store, name).await, (i64::try_from(position).unwrap(), 0), "{name}");
        assert_eq!(store.history(&sku(name), None, 10).await.unwrap().len(), 2, "{name}");
    }
    assert!(store.violations(10).await.unwrap().is_empty());
}

async fn an_order_of_many_skus_is_one_reservation(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    let names: Vec<String> = (0..600).map(|n| format!("SKU-{n}")).collect();
    let new = |name: &String| NewSku { sku: sku(name), oversell: Oversell::Deny, initial: 1 };
    store.ensure(&names.iter().map(new).collect::<Vec<_>>(), "test", now).await.unwrap();
    let requested = reservation(env, &names.iter().map(|name| (name.as_str(), 1)).collect::<Vec<_>>());
    assert_eq!(store.reserve(&requested).await.unwrap(), ReserveOutcome::Reserved(ReservationState::Held));
    let skus: Vec<Sku> = names.iter().map(|name| sku(name)).collect();
    let levels = store.levels(&skus).await.unwrap();
    assert!(levels.len() == 600 && levels.values().all(|level| level.available() == 0));
    assert_eq!(store.changes_after(0, 1_000).await.unwrap().0.len(), 600);
}

async fn quantities_beyond_32_bits_are_stored(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    let much = 9_007_199_254_740_993;
    count(&store, "A", much, Oversell::Deny, now).await;
    assert_eq!(store.adjust(&adjustment("A", -1, now), Idempotency::Key("k")).await.unwrap(), AdjustmentOutcome::Done);
    assert_eq!(level(&store, "A").await, (much - 1, 0));
    let refused = store.adjust(&adjustment("A", i64::MAX, now), Idempotency::Key("k2")).await.unwrap();
    assert!(matches!(refused, AdjustmentOutcome::Rejected(..)));
    assert!(store.violations(10).await.unwrap().is_empty());
}

async fn active_reservations_are_paged_with_their_deadline(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
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
        let page = store.active_reservations(after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.key);
        seen.extend(page);
    }
    let mut expected: Vec<ReservationKey> = tries.iter().chain([&other]).map(key).collect();
    expected.sort_by_key(|key| (key.order_id, key.attempt));
    assert_eq!(seen.iter().map(|one| one.key).collect::<Vec<_>>(), expected);
    assert!(seen.iter().all(|one| one.expected_by == now));
}

async fn history_is_ordered_by_number_whatever_the_clock(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    let earlier = now.checked_sub(SignedDuration::from_hours(2)).unwrap();
    let second = Adjustment { note: "second".to_owned(), ..adjustment("A", 7, earlier) };
    store.adjust(&second, Idempotency::Key("k1")).await.unwrap();
    let latest = store.history(&sku("A"), None, 1).await.unwrap();
    assert_eq!((latest[0].change, latest[0].note.as_str(), latest[0].at), (7, "second", earlier));
    assert_eq!(store.history(&sku("A"), None, 10).await.unwrap().len(), 2);
    assert!(store.history(&sku("B"), None, 10).await.unwrap().is_empty());
}

async fn a_policy_change_keeps_the_count(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    let (_, start) = store.changes_after(0, 100).await.unwrap();
    count(&store, "A", 99, Oversell::Deny, now).await;
    assert_eq!(store.changes_after(start, 100).await.unwrap(), (vec![], start));
    count(&store, "A", 99, Oversell::Continue, now).await;
    assert_eq!(store.changes_after(start, 100).await.unwrap().0, [sku("A")]);
    let kept = store.levels(&[sku("A"), sku("B")]).await.unwrap();
    assert_eq!((kept.len(), kept[&sku("A")].on_hand, kept[&sku("A")].oversell), (1, 5, Oversell::Continue));
}

async fn readers_of_the_change_log_miss_no_concurrent_change(backend: StoreBackend, env: &TestEnvironment) {
    let [store, one, other] = [backend.stock().await, backend.stock().await, backend.stock().await];
    let names: Vec<String> = (0..24).map(|n| format!("SKU-{n}")).collect();
    for name in &names {
        count(&store, name, 1, Oversell::Deny, env.system.now()).await;
    }
    let requested: Vec<Reservation> = names.iter().map(|name| reservation(env, &[(name.as_str(), 1)])).collect();
    let write = async { join_all(requested.iter().map(|one| store.reserve(one))).await };
    let follow = async |follower: Store| {
        let (mut seen, mut position) = (HashSet::new(), 0);
        while seen.len() < names.len() {
            let (skus, reached) = follower.changes_after(position, 3).await.unwrap();
            assert!(
                reached >= position && skus.iter().all(|sku| seen.insert(sku.clone())),
                "a change interrupted_then_repeated"
            );
            position = reached;
            tokio::task::yield_now().await;
        }
    };
    let deadline = std::time::Duration::from_secs(300);
    let both = async { tokio::join!(follow(one), follow(other)) };
    let (written, followed) = tokio::join!(write, tokio::time::timeout(deadline, both));
    assert!(written.iter().all(Result::is_ok));
    assert!(followed.is_ok(), "a reader missed a change");
}

/// Reserves and retries while the store reports too many concurrent writes, as every caller does.
async fn reserve_with_retry(store: &Store, requested: &Reservation) -> ReserveOutcome {
    loop {
        match store.reserve(requested).await {
            Err(StoreError::Unavailable(_)) => {}
            other => return other.unwrap(),
        }
    }
}

async fn many_orders_in_three_processes_are_all_reserved(backend: StoreBackend, env: &TestEnvironment) {
    let stores = [backend.stock().await, backend.stock().await, backend.stock().await];
    count(&stores[0], "A", 1_000, Oversell::Deny, env.system.now()).await;
    let requested: Vec<Reservation> = (0..120).map(|_| reservation(env, &[("A", 1)])).collect();
    let buys = requested.iter().enumerate().map(|(n, one)| reserve_with_retry(&stores[n % 3], one));
    for outcome in join_all(buys).await {
        assert_eq!(outcome, ReserveOutcome::Reserved(ReservationState::Held));
    }
    assert_eq!(level(&stores[0], "A").await, (1_000, 120));
}

async fn many_orders_in_three_processes_get_the_last_units_of_many_skus(backend: StoreBackend, env: &TestEnvironment) {
    let stores = [backend.stock().await, backend.stock().await, backend.stock().await];
    let names: Vec<String> = (0..90).map(|n| format!("SKU-{n}")).collect();
    let new = |name: &String| NewSku { sku: sku(name), oversell: Oversell::Deny, initial: 1 };
    stores[0].ensure(&names.iter().map(new).collect::<Vec<_>>(), "test", env.system.now()).await.unwrap();
    let requested: Vec<Reservation> = names.iter().map(|name| reservation(env, &[(name.as_str(), 1)])).collect();
    let buys = requested.iter().enumerate().map(|(n, one)| reserve_with_retry(&stores[n % 3], one));
    for outcome in join_all(buys).await {
        assert_eq!(outcome, ReserveOutcome::Reserved(ReservationState::Held));
    }
    assert_eq!(stores[0].changes_after(0, 1_000).await.unwrap().0.len(), 90);
}

async fn concurrent_opens_of_an_empty_backend_share_it(backend: StoreBackend, env: &TestEnvironment) {
    let stores = join_all((0..4).map(|_| backend.stock())).await;
    for (n, store) in stores.iter().enumerate() {
        count(store, &format!("S{n}"), 1, Oversell::Deny, env.system.now()).await;
        store.check().await.unwrap();
    }
    let skus: Vec<Sku> = (0..4).map(|n| sku(&format!("S{n}"))).collect();
    assert_eq!(stores[0].levels(&skus).await.unwrap().len(), 4);
}

conformance!(
    the_whole_demand_is_reserved_or_nothing,
    what_is_reserved_for_a_cart_is_known_until_it_ends,
    demand_of_one_sku_on_several_lines_is_summed,
    every_step_is_idempotent,
    a_release_before_a_delayed_reserve_rejects_it,
    a_backorder_waits_for_stock,
    an_adjustment_counts_once_and_never_removes_reserved_units,
    fifty_orders_for_ten_units_reserve_ten,
    a_limited_promotion_stops_at_its_limit_and_is_released,
    availability_changes_are_logged,
    two_processes_never_oversell_the_last_units,
    orders_of_the_same_skus_do_not_deadlock,
    concurrent_repetitions_of_a_step_count_once,
    a_concurrent_reserve_and_release_reserve_nothing,
    a_concurrent_commit_and_release_stay_consistent,
    concurrent_orders_never_exceed_a_promotion_limit,
    a_concurrent_adjustment_and_reservation_never_oversell,
    a_sku_may_have_any_printable_name,
    an_order_of_many_skus_is_one_reservation,
    quantities_beyond_32_bits_are_stored,
    active_reservations_are_paged_with_their_deadline,
    history_is_ordered_by_number_whatever_the_clock,
    a_policy_change_keeps_the_count,
    readers_of_the_change_log_miss_no_concurrent_change,
    many_orders_in_three_processes_are_all_reserved,
    many_orders_in_three_processes_get_the_last_units_of_many_skus,
    concurrent_opens_of_an_empty_backend_share_it,
);
