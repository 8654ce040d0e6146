//! What every store of stock promises.

use catalogue::stock::{Adjusted, Committed, Reservation, Reserved, demand};
use catalogue::store::{NewSku, SqliteStock, StockStore};
use contracts::catalogue::{Oversell, ReservationKey, ReservationState};
use contracts::{OrderId, Sku};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use std::sync::Arc;
use testkit::House;

type Store = Arc<dyn StockStore>;

fn sku(name: &str) -> Sku {
    name.parse().unwrap()
}

async fn count(store: &Store, name: &str, initial: i64, oversell: Oversell, now: Timestamp) {
    store.ensure(&[NewSku { sku: sku(name), oversell, initial }], "test", now).await.unwrap();
}

fn reservation(house: &House, lines: &[(&str, i64)]) -> Reservation {
    Reservation {
        order_id: OrderId(house.sources.id()),
        attempt: 1,
        demand: demand(lines.iter().map(|(name, quantity)| (sku(name), *quantity))),
        promotion: None,
        expected_by: house.sources.now(),
    }
}

fn key(reservation: &Reservation) -> ReservationKey {
    ReservationKey { order_id: reservation.order_id, attempt: reservation.attempt }
}

async fn level(store: &Store, name: &str) -> (i64, i64) {
    let level = store.levels(&[sku(name)]).await.unwrap()[&sku(name)];
    (level.on_hand, level.reserved)
}

async fn all_of_it_is_reserved_or_nothing(store: Store, house: &House) {
    count(&store, "A", 5, Oversell::Deny, house.sources.now()).await;
    count(&store, "B", 1, Oversell::Deny, house.sources.now()).await;
    let Reserved::Short(short) = store.reserve(&reservation(house, &[("A", 2), ("B", 2)])).await.unwrap() else {
        panic!("more than there is")
    };
    assert_eq!((short[0].sku.as_str(), short[0].requested, short[0].available), ("B", 2, 1));
    assert_eq!((level(&store, "A").await, level(&store, "B").await), ((5, 0), (1, 0)));
}

async fn demand_of_one_sku_on_several_lines_is_summed(store: Store, house: &House) {
    count(&store, "A", 3, Oversell::Deny, house.sources.now()).await;
    let twice = reservation(house, &[("A", 2), ("A", 2)]);
    assert!(matches!(store.reserve(&twice).await.unwrap(), Reserved::Short(_)));
}

async fn every_step_twice_is_once(store: Store, house: &House) {
    let now = house.sources.now();
    count(&store, "A", 5, Oversell::Deny, now).await;
    let wanted = reservation(house, &[("A", 2)]);
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

async fn a_release_that_comes_first_refuses_the_late_reserve(store: Store, house: &House) {
    count(&store, "A", 5, Oversell::Deny, house.sources.now()).await;
    let late = reservation(house, &[("A", 1)]);
    assert_eq!(store.release(key(&late), house.sources.now()).await.unwrap(), ReservationState::Released);
    assert_eq!(store.reserve(&late).await.unwrap(), Reserved::Released);
    assert_eq!(level(&store, "A").await, (5, 0));
}

async fn what_is_sold_ahead_waits_for_goods(store: Store, house: &House) {
    let now = house.sources.now();
    count(&store, "A", 0, Oversell::Continue, now).await;
    let ahead = reservation(house, &[("A", 2)]);
    assert_eq!(store.reserve(&ahead).await.unwrap(), Reserved::Held(ReservationState::Held));
    assert_eq!(store.commit(key(&ahead), now).await.unwrap(), Committed::AwaitingStock);
    assert_eq!(store.adjust(&sku("A"), 2, "delivery", "k1", "test", now).await.unwrap(), Adjusted::Done);
    assert_eq!(store.commit(key(&ahead), now).await.unwrap(), Committed::Done);
    assert_eq!(level(&store, "A").await, (0, 0));
}

async fn a_correction_counts_once_and_never_breaks_a_promise(store: Store, house: &House) {
    let now = house.sources.now();
    count(&store, "A", 5, Oversell::Deny, now).await;
    store.reserve(&reservation(house, &[("A", 4)])).await.unwrap();
    assert_eq!(store.adjust(&sku("A"), -2, "lost", "k1", "test", now).await.unwrap(), Adjusted::Refused);
    for _ in 0..2 {
        assert_eq!(store.adjust(&sku("A"), -1, "lost", "k2", "test", now).await.unwrap(), Adjusted::Done);
    }
    assert_eq!(level(&store, "A").await, (4, 4));
    assert_eq!(store.adjust(&sku("Z"), 1, "", "k3", "test", now).await.unwrap(), Adjusted::Unknown);
    let history: i64 = store.history(&sku("A"), 10).await.unwrap().iter().map(|change| change.change).sum();
    assert_eq!(history, 4);
}

async fn fifty_buyers_of_ten_units_are_ten_sales(store: Store, house: &House) {
    count(&store, "A", 10, Oversell::Deny, house.sources.now()).await;
    let wanted: Vec<Reservation> = (0..50).map(|_| reservation(house, &[("A", 1)])).collect();
    let outcomes = futures::future::join_all(wanted.iter().map(|one| store.reserve(one))).await;
    let held = outcomes.into_iter().filter(|outcome| matches!(outcome, Ok(Reserved::Held(_)))).count();
    assert_eq!((held, level(&store, "A").await), (10, (10, 10)));
}

async fn a_limited_promotion_is_used_up_to_its_limit_and_given_back(store: Store, house: &House) {
    count(&store, "A", 100, Oversell::Deny, house.sources.now()).await;
    let with_code = || Reservation { promotion: Some(("CODE".into(), Some(2))), ..reservation(house, &[("A", 1)]) };
    let first = with_code();
    store.reserve(&first).await.unwrap();
    store.reserve(&with_code()).await.unwrap();
    assert_eq!(store.reserve(&with_code()).await.unwrap(), Reserved::PromotionUsedUp);
    assert_eq!(level(&store, "A").await, (100, 2));
    store.release(key(&first), house.sources.now()).await.unwrap();
    assert_eq!(store.promotion_uses(&["CODE"]).await.unwrap()["CODE"], 1);
    assert!(matches!(store.reserve(&with_code()).await.unwrap(), Reserved::Held(_)));
}

async fn becoming_buyable_and_ceasing_to_be_is_noted(store: Store, house: &House) {
    let now = house.sources.now();
    count(&store, "A", 1, Oversell::Deny, now).await;
    let (_, start) = store.changes_after(0, 100).await.unwrap();
    let last = reservation(house, &[("A", 1)]);
    store.reserve(&last).await.unwrap();
    let (gone, place) = store.changes_after(start, 100).await.unwrap();
    assert_eq!(gone, [sku("A")]);
    store.release(key(&last), now).await.unwrap();
    assert_eq!(store.changes_after(place, 100).await.unwrap().0, [sku("A")]);
}

macro_rules! conformance {
    ($($name:ident),+) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                let (folder, house) = (tempfile::tempdir().unwrap(), super::House::default());
                let store = super::SqliteStock::open(&folder.path().join("stock.db")).await.unwrap();
                super::$name(std::sync::Arc::new(store), &house).await;
            })+
        }
    };
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
    becoming_buyable_and_ceasing_to_be_is_noted
);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_is_asked_in_whatever_order_the_books_agree(steps in prop::collection::vec((0u8..4, 0usize..6, 1i64..4), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (folder, house) = (tempfile::tempdir().unwrap(), House::default());
            let store: Store = Arc::new(SqliteStock::open(&folder.path().join("stock.db")).await.unwrap());
            let now = house.sources.now().checked_add(SignedDuration::from_secs(1)).unwrap();
            for name in ["A", "B"] {
                count(&store, name, 6, Oversell::Deny, now).await;
            }
            let orders: Vec<Reservation> = (0..6).map(|n| reservation(&house, &[("A", n % 3 + 1), ("B", 1)])).collect();
            for (kind, order, quantity) in steps {
                match kind {
                    0 => { store.reserve(&orders[order]).await.unwrap(); }
                    1 => { store.commit(key(&orders[order]), now).await.unwrap(); }
                    2 => { store.release(key(&orders[order]), now).await.unwrap(); }
                    _ => {
                        let name = house.sources.token::<8>();
                        store.adjust(&sku("A"), quantity - 2, "count", &name, "test", now).await.unwrap();
                    }
                }
                assert_eq!(store.violations(10).await.unwrap(), Vec::<String>::new());
            }
        });
    }
}
