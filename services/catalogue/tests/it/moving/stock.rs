//! Stock.

use super::{copy, copy_with_stops, documents, expect_all_moved};
use catalogue::stock::{Adjusted, Adjustment, Committed, Level, Reservation, Reserved, demand};
use catalogue::store::{AnswerOf, MongoStock, NewSku, Once, SqliteStock, StockStore};
use chassis::idempotency::{JsonResponse, IdempotencyScope, IdempotentRequest};
use chassis::mongo::ConnectionSettings;
use contracts::catalogue::{AdjustmentKind, Oversell, ReservationKey, ReservationState};
use contracts::{OrderId, Sku};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use testkit::{TestEnvironment, servers};

const COLLECTIONS: &[&str] = &["levels", "history", "reservations", "promotion_uses", "answers", "outbox"];

struct Move {
    from: SqliteStock,
    to: MongoStock,
    address: ConnectionSettings,
    _folder: TempDir,
}

impl Move {
    async fn prepared() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let from = SqliteStock::open(&folder.path().join("stock.db")).await.unwrap();
        let address = servers::mongo();
        Self { from, to: MongoStock::open(&address).await.unwrap(), address, _folder: folder }
    }

    async fn all(&self) {
        copy(&self.from.contents(), &self.to.contents()).await;
    }

    async fn expect_done(&self) {
        expect_all_moved(&self.from.contents(), &self.to.contents()).await;
    }
}

fn sku(name: &str) -> Sku {
    name.parse().unwrap()
}

fn skus() -> Vec<Sku> {
    ["A", "a", "$set.b", "\u{1F600}", "AHEAD"].map(sku).to_vec()
}

fn reservation(env: &TestEnvironment, lines: &[(&str, i64)], promotion: Option<&str>) -> Reservation {
    Reservation {
        order_id: OrderId(env.system.id()),
        attempt: 1,
        demand: demand(lines.iter().map(|(name, quantity)| (sku(name), *quantity))),
        promotion: promotion.map(|code| (code.to_owned(), Some(2))),
        expected_by: env.system.now().checked_add(SignedDuration::from_micros(1)).unwrap(),
    }
}

fn key(reservation: &Reservation) -> ReservationKey {
    ReservationKey { order_id: reservation.order_id, attempt: reservation.attempt }
}

fn counted(name: &str, change: i64, at: Timestamp) -> Adjustment {
    Adjustment {
        sku: sku(name),
        change,
        kind: AdjustmentKind::Counted,
        note: "counted \u{1F9E6}".to_owned(),
        force: false,
        author: "test".to_owned(),
        at,
    }
}

fn request(number: usize) -> IdempotentRequest {
    let scope = IdempotencyScope { owner: "me".to_owned(), operation: "adjust-stock", key: format!("key-{number}") };
    IdempotentRequest::new(scope, b"", b"{}")
}

/// What becomes of reservations.
pub struct Orders {
    held: Reservation,
    committed: Reservation,
    returned: Reservation,
    released: Reservation,
    never_made: Reservation,
    ahead: Reservation,
}

/// Does the same in any store: levels of all sorts, with a history that mixes SKUs, and reservations in every state.
pub async fn fill(store: &dyn StockStore, env: &TestEnvironment) -> Orders {
    let now = env.system.now();
    let new: Vec<NewSku> = skus()
        .into_iter()
        .map(|sku| match sku.as_str() {
            "AHEAD" => NewSku { sku, oversell: Oversell::Continue, initial: 0 },
            _ => NewSku { sku, oversell: Oversell::Deny, initial: 10 },
        })
        .collect();
    store.ensure(&new, "test \u{1F600}", now).await.unwrap();
    let orders = Orders {
        held: reservation(env, &[("A", 2), ("\u{1F600}", 10)], Some("$USED.UP")),
        committed: reservation(env, &[("A", 1), ("a", 3)], Some("$USED.UP")),
        returned: reservation(env, &[("a", 4)], Some("CODE")),
        released: Reservation { attempt: u32::MAX, ..reservation(env, &[("$set.b", 4)], Some("CODE")) },
        never_made: reservation(env, &[("A", 1)], None),
        ahead: reservation(env, &[("AHEAD", 7)], None),
    };
    for one in [&orders.held, &orders.committed, &orders.returned, &orders.released, &orders.ahead] {
        assert_eq!(store.reserve(one).await.unwrap(), Reserved::Held(ReservationState::Held));
    }
    for (number, name) in ["A", "a", "A", "$set.b", "A"].into_iter().enumerate() {
        let at = now.checked_add(SignedDuration::from_secs(i64::try_from(number).unwrap())).unwrap();
        let one = counted(name, if number % 2 == 0 { 1 } else { -1 }, at);
        assert_eq!(store.adjust(&one, Once::Key(&format!("k{number}"))).await.unwrap(), Adjusted::Done);
        let request = request(number);
        let answer = |level: Level, _| Ok(JsonResponse { status: 200, body: level.on_hand.to_string().into_bytes() });
        let once = Once::Request(AnswerOf { request: &request, answer: &answer });
        let arrived = counted("AHEAD", 1, at);
        assert!(matches!(store.adjust(&arrived, once).await.unwrap(), Adjusted::Answered(_)));
    }
    assert_eq!(store.commit(key(&orders.committed), now).await.unwrap(), Committed::Done);
    assert_eq!(store.commit(key(&orders.returned), now).await.unwrap(), Committed::Done);
    assert_eq!(store.release(key(&orders.returned), now).await.unwrap(), ReservationState::Returned);
    assert_eq!(store.release(key(&orders.released), now).await.unwrap(), ReservationState::Released);
    assert_eq!(store.release(key(&orders.never_made), now).await.unwrap(), ReservationState::Released);
    let out = reservation(env, &[("$set.b", 9)], None);
    assert_eq!(store.reserve(&out).await.unwrap(), Reserved::Held(ReservationState::Held));
    let forced = Adjustment { force: true, ..counted("\u{1F600}", -4, now) };
    assert_eq!(store.adjust(&forced, Once::Key("forced")).await.unwrap(), Adjusted::Done);
    store.set_threshold(&sku("a"), Some(3)).await.unwrap();
    orders
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn everything_arrives_and_copying_again_changes_nothing() {
    let moved = Move::prepared().await;
    fill(&moved.from, &TestEnvironment::default()).await;
    moved.all().await;
    moved.expect_done().await;
    let collections = [COLLECTIONS, &["stock_changes", "counters"]].concat();
    let first = documents(&moved.address, &collections).await;
    moved.all().await;
    moved.expect_done().await;
    assert_eq!(documents(&moved.address, &collections).await, first);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_copy_that_stopped_half_way_goes_on() {
    let moved = Move::prepared().await;
    fill(&moved.from, &TestEnvironment::default()).await;
    copy_with_stops(&moved.from.contents(), &moved.to.contents()).await;
    moved.expect_done().await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn stock_that_moved_is_kept_as_stock_that_was_counted_there() {
    let moved = Move::prepared().await;
    let env = TestEnvironment::default();
    fill(&moved.from.clone().with_sources(env.system.clone()), &env).await;
    moved.all().await;
    let (other, env) = (servers::mongo(), TestEnvironment::default());
    let counted_there = MongoStock::open(&other).await.unwrap().with_sources(env.system.clone());
    fill(&counted_there, &env).await;
    assert_eq!(documents(&moved.address, COLLECTIONS).await, documents(&other, COLLECTIONS).await);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn levels_and_history_are_as_they_were_and_go_on() {
    let (moved, env) = (Move::prepared().await, TestEnvironment::default());
    fill(&moved.from, &env).await;
    moved.all().await;
    let (store, now) = (&moved.to, env.system.now());
    assert_eq!(store.levels(&skus()).await.unwrap(), moved.from.levels(&skus()).await.unwrap());
    for sku in skus() {
        let (there, here) = (store.history(&sku, None, 100).await, moved.from.history(&sku, None, 100).await);
        assert_eq!(there.unwrap(), here.unwrap());
    }
    assert_eq!(store.held(None, 100).await.unwrap(), moved.from.held(None, 100).await.unwrap());
    assert_eq!(store.violations(10).await.unwrap(), Vec::<String>::new());

    let before = store.levels(&[sku("A")]).await.unwrap()[&sku("A")];
    assert_eq!(store.adjust(&counted("A", 1, now), Once::Key("k0")).await.unwrap(), Adjusted::Done);
    assert_eq!(store.levels(&[sku("A")]).await.unwrap()[&sku("A")], before, "this key was used in the file");
    assert_eq!(store.adjust(&counted("A", 5, now), Once::Key("new")).await.unwrap(), Adjusted::Done);
    let latest = &store.history(&sku("A"), None, 100).await.unwrap()[0];
    assert_eq!((latest.change, latest.on_hand), (5, before.on_hand + 5));
    let added = NewSku { sku: sku("NEW"), oversell: Oversell::Deny, initial: 1 };
    store.ensure(&[added], "test", now).await.unwrap();
    assert_eq!(store.violations(10).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn reservations_are_in_the_state_that_they_were_in() {
    let (moved, env) = (Move::prepared().await, TestEnvironment::default());
    let orders = fill(&moved.from, &env).await;
    moved.all().await;
    let (store, now) = (&moved.to, env.system.now());
    assert_eq!(store.reserve(&orders.held).await.unwrap(), Reserved::Held(ReservationState::Held));
    assert_eq!(store.reserve(&orders.committed).await.unwrap(), Reserved::Held(ReservationState::Committed));
    for over in [&orders.returned, &orders.released, &orders.never_made] {
        assert_eq!(store.reserve(over).await.unwrap(), Reserved::Released);
    }
    assert_eq!(store.commit(key(&orders.ahead), now).await.unwrap(), Committed::AwaitingStock);

    let uses = store.promotion_uses(&["$USED.UP", "CODE"]).await.unwrap();
    assert_eq!(uses, moved.from.promotion_uses(&["$USED.UP", "CODE"]).await.unwrap());
    let late = reservation(&env, &[("A", 1)], Some("$USED.UP"));
    assert_eq!(store.reserve(&late).await.unwrap(), Reserved::PromotionUsedUp);
    assert!(matches!(
        store.reserve(&reservation(&env, &[("\u{1F600}", 1)], None)).await.unwrap(),
        Reserved::Short(_)
    ));
    assert_eq!(store.release(key(&orders.held), now).await.unwrap(), ReservationState::Released);
    assert_eq!(store.reserve(&late).await.unwrap(), Reserved::Held(ReservationState::Held));
    assert_eq!(store.commit(key(&late), now).await.unwrap(), Committed::Done);
    assert_eq!(store.release(key(&orders.committed), now).await.unwrap(), ReservationState::Returned);
    assert_eq!(store.violations(10).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn requests_are_answered_as_before_and_events_that_wait_go_out() {
    let (moved, env) = (Move::prepared().await, TestEnvironment::default());
    fill(&moved.from, &env).await;
    let waiting = moved.from.outbox().unpublished(100).await.unwrap();
    moved.from.outbox().mark_published(&[waiting[0].id]).await.unwrap();
    moved.all().await;
    moved.expect_done().await;
    assert_eq!(moved.to.outbox().unpublished(100).await.unwrap(), waiting[1..]);

    let (request, now) = (request(0), env.system.now());
    let answer = |_, _| Ok(JsonResponse { status: 200, body: b"another".to_vec() });
    let once = Once::Request(AnswerOf { request: &request, answer: &answer });
    let answered = moved.to.adjust(&counted("A", 1, now), once).await.unwrap();
    assert_eq!(answered, moved.from.adjust(&counted("A", 1, now), once).await.unwrap());
    assert_ne!(answered, Adjusted::Answered(JsonResponse { status: 200, body: b"another".to_vec() }));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn changes_go_on_after_the_last_one() {
    let (moved, env) = (Move::prepared().await, TestEnvironment::default());
    fill(&moved.from, &env).await;
    moved.all().await;
    let (before, reached) = moved.from.changes_after(0, 100).await.unwrap();
    assert_eq!(moved.to.changes_after(0, 100).await.unwrap(), (before, reached));
    let rest = reservation(&env, &[("a", 6)], None);
    assert_eq!(moved.to.reserve(&rest).await.unwrap(), Reserved::Held(ReservationState::Held));
    assert_eq!(moved.to.changes_after(reached, 100).await.unwrap(), (vec![sku("a")], reached + 1));
}
