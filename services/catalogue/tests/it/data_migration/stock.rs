//! Migration of stock levels, history, reservations, responses and events.

use super::{copy, copy_with_stops, documents, expect_all_migrated};
use catalogue::stock::{
    Adjustment, AdjustmentOutcome, CommitOutcome, Reservation, ReserveOutcome, StockLevel, sum_demand,
};
use catalogue::store::{Idempotency, KeyedRequest, MongoStock, NewSku, SqliteStock, StockStore};
use chassis::idempotency::{IdempotencyScope, IdempotentRequest, JsonResponse};
use chassis::mongo::ConnectionSettings;
use contracts::catalogue::{AdjustmentKind, Oversell, ReservationKey, ReservationState};
use contracts::{OrderId, Sku};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use testkit::{TestEnvironment, servers};

const COLLECTIONS: &[&str] = &["levels", "history", "reservations", "promotion_uses", "answers", "outbox"];

struct Migration {
    from: SqliteStock,
    to: MongoStock,
    address: ConnectionSettings,
    _folder: TempDir,
}

impl Migration {
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
        expect_all_migrated(&self.from.contents(), &self.to.contents()).await;
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
        demand: sum_demand(lines.iter().map(|(name, quantity)| (sku(name), *quantity))),
        promotion: promotion.map(|code| (code.to_owned(), Some(2))),
        expected_by: env.system.now().checked_add(SignedDuration::from_micros(1)).unwrap(),
        cart_id: None,
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

/// The reservations that [`fill`] creates, one per state.
pub struct Orders {
    held: Reservation,
    committed: Reservation,
    returned: Reservation,
    released: Reservation,
    never_reserved: Reservation,
    backordered: Reservation,
}

/// Fills a store with levels of all kinds, interleaved histories, and reservations in every state.
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
        never_reserved: reservation(env, &[("A", 1)], None),
        backordered: reservation(env, &[("AHEAD", 7)], None),
    };
    for one in [&orders.held, &orders.committed, &orders.returned, &orders.released, &orders.backordered] {
        assert_eq!(store.reserve(one).await.unwrap(), ReserveOutcome::Reserved(ReservationState::Held));
    }
    for (number, name) in ["A", "a", "A", "$set.b", "A"].into_iter().enumerate() {
        let at = now.checked_add(SignedDuration::from_secs(i64::try_from(number).unwrap())).unwrap();
        let one = counted(name, if number % 2 == 0 { 1 } else { -1 }, at);
        assert_eq!(store.adjust(&one, Idempotency::Key(&format!("k{number}"))).await.unwrap(), AdjustmentOutcome::Done);
        let request = request(number);
        let answer =
            |level: StockLevel, _| Ok(JsonResponse { status: 200, body: level.on_hand.to_string().into_bytes() });
        let once = Idempotency::Request(KeyedRequest { request: &request, respond: &answer });
        let arrived = counted("AHEAD", 1, at);
        assert!(matches!(store.adjust(&arrived, once).await.unwrap(), AdjustmentOutcome::Responded(_)));
    }
    assert_eq!(store.commit(key(&orders.committed), now).await.unwrap(), CommitOutcome::Done);
    assert_eq!(store.commit(key(&orders.returned), now).await.unwrap(), CommitOutcome::Done);
    assert_eq!(store.release(key(&orders.returned), now).await.unwrap(), ReservationState::Returned);
    assert_eq!(store.release(key(&orders.released), now).await.unwrap(), ReservationState::Released);
    assert_eq!(store.release(key(&orders.never_reserved), now).await.unwrap(), ReservationState::Released);
    let out = reservation(env, &[("$set.b", 9)], None);
    assert_eq!(store.reserve(&out).await.unwrap(), ReserveOutcome::Reserved(ReservationState::Held));
    let forced = Adjustment { force: true, ..counted("\u{1F600}", -4, now) };
    assert_eq!(store.adjust(&forced, Idempotency::Key("forced")).await.unwrap(), AdjustmentOutcome::Done);
    store.set_threshold(&sku("a"), Some(3)).await.unwrap();
    orders
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn everything_is_copied_and_a_second_copy_changes_nothing() {
    let migration = Migration::prepared().await;
    fill(&migration.from, &TestEnvironment::default()).await;
    migration.all().await;
    migration.expect_done().await;
    let collections = [COLLECTIONS, &["stock_changes", "counters"]].concat();
    let first = documents(&migration.address, &collections).await;
    migration.all().await;
    migration.expect_done().await;
    assert_eq!(documents(&migration.address, &collections).await, first);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_interrupted_copy_resumes() {
    let migration = Migration::prepared().await;
    fill(&migration.from, &TestEnvironment::default()).await;
    copy_with_stops(&migration.from.contents(), &migration.to.contents()).await;
    migration.expect_done().await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn migrated_stock_is_stored_like_stock_counted_there() {
    let migration = Migration::prepared().await;
    let env = TestEnvironment::default();
    fill(&migration.from.clone().with_system(env.system.clone()), &env).await;
    migration.all().await;
    let (other, env) = (servers::mongo(), TestEnvironment::default());
    let counted_there = MongoStock::open(&other).await.unwrap().with_system(env.system.clone());
    fill(&counted_there, &env).await;
    assert_eq!(documents(&migration.address, COLLECTIONS).await, documents(&other, COLLECTIONS).await);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn migrated_levels_and_history_are_unchanged_and_can_change() {
    let (migration, env) = (Migration::prepared().await, TestEnvironment::default());
    fill(&migration.from, &env).await;
    migration.all().await;
    let (store, now) = (&migration.to, env.system.now());
    assert_eq!(store.levels(&skus()).await.unwrap(), migration.from.levels(&skus()).await.unwrap());
    for sku in skus() {
        let (there, here) = (store.history(&sku, None, 100).await, migration.from.history(&sku, None, 100).await);
        assert_eq!(there.unwrap(), here.unwrap());
    }
    assert_eq!(
        store.active_reservations(None, 100).await.unwrap(),
        migration.from.active_reservations(None, 100).await.unwrap()
    );
    assert_eq!(store.violations(10).await.unwrap(), Vec::<String>::new());

    let before = store.levels(&[sku("A")]).await.unwrap()[&sku("A")];
    assert_eq!(store.adjust(&counted("A", 1, now), Idempotency::Key("k0")).await.unwrap(), AdjustmentOutcome::Done);
    assert_eq!(store.levels(&[sku("A")]).await.unwrap()[&sku("A")], before, "the migrated history contains this key");
    assert_eq!(store.adjust(&counted("A", 5, now), Idempotency::Key("new")).await.unwrap(), AdjustmentOutcome::Done);
    let latest = &store.history(&sku("A"), None, 100).await.unwrap()[0];
    assert_eq!((latest.change, latest.on_hand), (5, before.on_hand + 5));
    let added = NewSku { sku: sku("NEW"), oversell: Oversell::Deny, initial: 1 };
    store.ensure(&[added], "test", now).await.unwrap();
    assert_eq!(store.violations(10).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn migrated_reservations_keep_their_state() {
    let (migration, env) = (Migration::prepared().await, TestEnvironment::default());
    let orders = fill(&migration.from, &env).await;
    migration.all().await;
    let (store, now) = (&migration.to, env.system.now());
    assert_eq!(store.reserve(&orders.held).await.unwrap(), ReserveOutcome::Reserved(ReservationState::Held));
    assert_eq!(store.reserve(&orders.committed).await.unwrap(), ReserveOutcome::Reserved(ReservationState::Committed));
    for over in [&orders.returned, &orders.released, &orders.never_reserved] {
        assert_eq!(store.reserve(over).await.unwrap(), ReserveOutcome::Released);
    }
    assert_eq!(store.commit(key(&orders.backordered), now).await.unwrap(), CommitOutcome::AwaitingStock);

    let uses = store.promotion_uses(&["$USED.UP", "CODE"]).await.unwrap();
    assert_eq!(uses, migration.from.promotion_uses(&["$USED.UP", "CODE"]).await.unwrap());
    let late = reservation(&env, &[("A", 1)], Some("$USED.UP"));
    assert_eq!(store.reserve(&late).await.unwrap(), ReserveOutcome::PromotionUsedUp);
    assert!(matches!(
        store.reserve(&reservation(&env, &[("\u{1F600}", 1)], None)).await.unwrap(),
        ReserveOutcome::InsufficientStock(_)
    ));
    assert_eq!(store.release(key(&orders.held), now).await.unwrap(), ReservationState::Released);
    assert_eq!(store.reserve(&late).await.unwrap(), ReserveOutcome::Reserved(ReservationState::Held));
    assert_eq!(store.commit(key(&late), now).await.unwrap(), CommitOutcome::Done);
    assert_eq!(store.release(key(&orders.committed), now).await.unwrap(), ReservationState::Returned);
    assert_eq!(store.violations(10).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn migrated_responses_are_replayed_and_pending_events_published() {
    let (migration, env) = (Migration::prepared().await, TestEnvironment::default());
    fill(&migration.from, &env).await;
    let waiting = migration.from.outbox().unpublished(100).await.unwrap();
    migration.from.outbox().mark_published(&[waiting[0].id]).await.unwrap();
    migration.all().await;
    migration.expect_done().await;
    assert_eq!(migration.to.outbox().unpublished(100).await.unwrap(), waiting[1..]);

    let (request, now) = (request(0), env.system.now());
    let answer = |_, _| Ok(JsonResponse { status: 200, body: b"another".to_vec() });
    let once = Idempotency::Request(KeyedRequest { request: &request, respond: &answer });
    let answered = migration.to.adjust(&counted("A", 1, now), once).await.unwrap();
    assert_eq!(answered, migration.from.adjust(&counted("A", 1, now), once).await.unwrap());
    assert_ne!(answered, AdjustmentOutcome::Responded(JsonResponse { status: 200, body: b"another".to_vec() }));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn the_change_log_continues_after_its_last_entry() {
    let (migration, env) = (Migration::prepared().await, TestEnvironment::default());
    fill(&migration.from, &env).await;
    migration.all().await;
    let (before, reached) = migration.from.changes_after(0, 100).await.unwrap();
    assert_eq!(migration.to.changes_after(0, 100).await.unwrap(), (before, reached));
    let rest = reservation(&env, &[("a", 6)], None);
    assert_eq!(migration.to.reserve(&rest).await.unwrap(), ReserveOutcome::Reserved(ReservationState::Held));
    assert_eq!(migration.to.changes_after(reached, 100).await.unwrap(), (vec![sku("a")], reached + 1));
}
