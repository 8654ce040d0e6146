//! Adjustments with force and with stored responses, and returns.

use super::{Store, adjustment, count, key, level, reservation, sku};
use crate::conformance;
use crate::store_backend::StoreBackend;
use catalogue::stock::{
    Adjustment, AdjustmentOutcome, AdjustmentRejection, CommitOutcome, Shortfall, StockLevel, sum_demand,
};
use catalogue::store::{Idempotency, KeyedRequest};
use chassis::StoreError;
use chassis::idempotency::{IdempotencyScope, IdempotentRequest, JsonResponse};
use contracts::catalogue::{AdjustmentKind, Oversell, ReservationState, StockChange, StockReason};
use futures::future::join_all;
use jiff::SignedDuration;
use testkit::TestEnvironment;

fn request(owner: &str, name: &str, body: &str) -> IdempotentRequest {
    let scope = IdempotencyScope { owner: owner.to_owned(), operation: "adjust-stock", key: name.to_owned() };
    IdempotentRequest::new(scope, b"", body.as_bytes())
}

/// Builds a response with the units on hand and the number of history entries.
#[expect(clippy::needless_pass_by_value, reason = "the signature is given by the store")]
fn published(level: StockLevel, history: Vec<StockChange>) -> Result<JsonResponse, StoreError> {
    Ok(JsonResponse { status: 200, body: format!("[{},{}]", level.on_hand, history.len()).into_bytes() })
}

async fn ask(store: &Store, adjustment: &Adjustment, request: &IdempotentRequest) -> AdjustmentOutcome {
    store.adjust(adjustment, Idempotency::Request(KeyedRequest { request, respond: &published })).await.unwrap()
}

fn answer(body: &str) -> AdjustmentOutcome {
    AdjustmentOutcome::Responded(JsonResponse { status: 200, body: body.as_bytes().to_vec() })
}

async fn a_forced_adjustment_removes_reserved_units_but_not_below_zero(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    let (small, large) = (reservation(env, &[("A", 1)]), reservation(env, &[("A", 4)]));
    store.reserve(&small).await.unwrap();
    store.reserve(&large).await.unwrap();
    let forced = |change| Adjustment { force: true, ..adjustment("A", change, now) };
    let below = store.adjust(&forced(-6), Idempotency::Key("k1")).await.unwrap();
    assert!(
        matches!(below, AdjustmentOutcome::Rejected(AdjustmentRejection::NegativeStock, level) if level.on_hand == 5)
    );
    assert_eq!(store.adjust(&forced(-3), Idempotency::Key("k2")).await.unwrap(), AdjustmentOutcome::Done);
    assert_eq!(level(&store, "A").await, (2, 5));
    assert!(store.history(&sku("A"), None, 1).await.unwrap()[0].forced);

    assert_eq!(store.commit(key(&large), now).await.unwrap(), CommitOutcome::StockMissing);
    assert_eq!(store.commit(key(&small), now).await.unwrap(), CommitOutcome::Done, "its units are on hand");
    let short = Shortfall { sku: sku("A"), on_hand: 1, reserved: 4, oversell: Oversell::Deny, lost: 3 };
    assert_eq!(store.shortfalls(10).await.unwrap(), [short]);
    assert_eq!(store.violations(10).await.unwrap(), Vec::<String>::new(), "a forced adjustment explains it");

    assert_eq!(store.adjust(&adjustment("A", 2, now), Idempotency::Key("k3")).await.unwrap(), AdjustmentOutcome::Done);
    assert_eq!(store.commit(key(&large), now).await.unwrap(), CommitOutcome::StockMissing);
    assert_eq!(store.release(key(&large), now).await.unwrap(), ReservationState::Released);
    assert_eq!(store.shortfalls(10).await.unwrap(), []);
    assert_eq!((level(&store, "A").await, store.violations(10).await.unwrap()), ((3, 0), vec![]));
}

async fn unneeded_force_is_an_ordinary_adjustment(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    let forced = Adjustment { force: true, ..adjustment("A", -5, now) };
    assert_eq!(store.adjust(&forced, Idempotency::Key("k")).await.unwrap(), AdjustmentOutcome::Done);
    assert!(!store.history(&sku("A"), None, 1).await.unwrap()[0].forced);
}

async fn a_backorder_is_a_shortfall_and_waits_after_the_policy_changes(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 1, Oversell::Continue, now).await;
    let ahead = reservation(env, &[("A", 3)]);
    store.reserve(&ahead).await.unwrap();
    for policy in [Oversell::Continue, Oversell::Deny] {
        count(&store, "A", 0, policy, now).await;
        assert_eq!(store.commit(key(&ahead), now).await.unwrap(), CommitOutcome::AwaitingStock);
        let short = Shortfall { sku: sku("A"), on_hand: 1, reserved: 3, oversell: policy, lost: 0 };
        assert_eq!(store.shortfalls(10).await.unwrap(), [short]);
        assert_eq!(store.violations(10).await.unwrap(), Vec::<String>::new());
    }
    assert_eq!(store.adjust(&adjustment("A", 1, now), Idempotency::Key("k")).await.unwrap(), AdjustmentOutcome::Done);
    assert_eq!(level(&store, "A").await, (2, 3));
}

async fn an_order_with_backordered_and_lost_units_has_missing_stock(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 0, Oversell::Continue, now).await;
    count(&store, "B", 1, Oversell::Deny, now).await;
    let requested = reservation(env, &[("A", 1), ("B", 1)]);
    store.reserve(&requested).await.unwrap();
    assert_eq!(store.commit(key(&requested), now).await.unwrap(), CommitOutcome::AwaitingStock);
    let lost = Adjustment { force: true, ..adjustment("B", -1, now) };
    store.adjust(&lost, Idempotency::Key("k")).await.unwrap();
    assert_eq!(store.commit(key(&requested), now).await.unwrap(), CommitOutcome::StockMissing);
}

async fn an_adjustment_records_reason_author_and_result(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    for (n, kind) in [AdjustmentKind::Received, AdjustmentKind::Damaged].into_iter().enumerate() {
        let change = if kind == AdjustmentKind::Received { 4 } else { -2 };
        let one = Adjustment { kind, note: format!("note {n}"), ..adjustment("A", change, now) };
        store.adjust(&one, Idempotency::Key(&format!("k{n}"))).await.unwrap();
    }
    let history = store.history(&sku("A"), None, 10).await.unwrap();
    let lines: Vec<_> = history.iter().map(|line| (line.number, line.change, line.on_hand, line.kind)).collect();
    assert_eq!(
        lines,
        [(3, -2, 7, Some(AdjustmentKind::Damaged)), (2, 4, 9, Some(AdjustmentKind::Received)), (1, 5, 5, None)]
    );
    let latest = &history[0];
    assert_eq!((latest.note.as_str(), latest.author.as_str(), latest.at), ("note 1", "test", now));
}

async fn a_repeated_request_gets_the_stored_response(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    let (first, lost) = (request("me", "k", "one"), adjustment("A", -2, now));
    assert_eq!(ask(&store, &lost, &first).await, answer("[3,2]"));
    assert_eq!(ask(&store, &lost, &request("me", "k2", "one")).await, answer("[1,3]"));
    assert_eq!(ask(&store, &lost, &first).await, answer("[3,2]"));
    assert_eq!(ask(&store, &lost, &request("me", "k", "other")).await, AdjustmentOutcome::KeyReused);
    assert_eq!(ask(&store, &adjustment("A", 1, now), &request("you", "k", "one")).await, answer("[2,4]"));
    assert_eq!(level(&store, "A").await, (2, 0));
}

async fn a_rejected_request_can_be_corrected_under_its_key(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    store.reserve(&reservation(env, &[("A", 5)])).await.unwrap();
    let lost = adjustment("A", -1, now);
    let refused = ask(&store, &lost, &request("me", "k", "unforced")).await;
    assert!(matches!(refused, AdjustmentOutcome::Rejected(AdjustmentRejection::ReservedStock, _)));
    assert_eq!(
        ask(&store, &adjustment("Z", 1, now), &request("me", "k", "unknown")).await,
        AdjustmentOutcome::UnknownSku
    );
    let forced = Adjustment { force: true, ..lost };
    assert_eq!(ask(&store, &forced, &request("me", "k", "forced")).await, answer("[4,2]"));
}

async fn concurrent_repetitions_of_a_request_count_once(backend: StoreBackend, env: &TestEnvironment) {
    let ([one, other], now) = ([backend.stock().await, backend.stock().await], env.system.now());
    count(&one, "A", 5, Oversell::Deny, now).await;
    let (asked, lost) = (request("me", "k", "body"), adjustment("A", -2, now));
    let many = (0..8).map(|n| ask(if n % 2 == 0 { &one } else { &other }, &lost, &asked));
    for answered in join_all(many).await {
        assert_eq!(answered, answer("[3,2]"));
    }
    assert_eq!(level(&one, "A").await, (3, 0));
}

async fn a_response_shows_the_latest_ten_entries(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    for n in 0..12 {
        let found = ask(&store, &adjustment("A", 1, now), &request("me", &format!("k{n}"), "body")).await;
        assert_eq!(found, answer(&format!("[{},{}]", 6 + n, (n + 2).min(10))));
    }
}

async fn only_old_responses_are_purged(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    let later = now.checked_add(SignedDuration::from_hours(1)).unwrap();
    for (name, at) in [("k1", now), ("k2", now), ("k3", later)] {
        ask(&store, &adjustment("A", 1, at), &request("me", name, "body")).await;
    }
    assert_eq!(store.purge_responses(later).await.unwrap(), 2);
    assert_eq!(store.purge_responses(later).await.unwrap(), 0);
    assert_eq!(ask(&store, &adjustment("A", 1, later), &request("me", "k3", "body")).await, answer("[8,4]"));
    assert_eq!(ask(&store, &adjustment("A", 1, later), &request("me", "k1", "body")).await, answer("[9,5]"));
}

async fn returned_units_are_restocked_once(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.stock().await, env.system.now());
    count(&store, "A", 1, Oversell::Deny, now).await;
    count(&store, "B", 0, Oversell::Deny, now).await;
    let back = sum_demand([(sku("B"), 2), (sku("A"), 1)]);
    for done in join_all((0..4).map(|_| store.restock("return-1", &back, now))).await {
        assert!(done.unwrap());
    }
    assert_eq!((level(&store, "A").await, level(&store, "B").await), ((2, 0), (2, 0)));
    assert!(store.restock("return-2", &back[..1], now).await.unwrap());
    let line = store.history(&sku("A"), None, 1).await.unwrap().remove(0);
    assert_eq!((line.change, line.on_hand, line.reason), (1, 3, StockReason::Returned));
    let unknown = sum_demand([(sku("A"), 1), (sku("Z"), 1)]);
    assert!(!store.restock("return-3", &unknown, now).await.unwrap());
    assert_eq!((level(&store, "A").await, store.violations(10).await.unwrap()), ((3, 0), vec![]));
}

conformance!(
    a_forced_adjustment_removes_reserved_units_but_not_below_zero,
    unneeded_force_is_an_ordinary_adjustment,
    a_backorder_is_a_shortfall_and_waits_after_the_policy_changes,
    an_order_with_backordered_and_lost_units_has_missing_stock,
    an_adjustment_records_reason_author_and_result,
    a_repeated_request_gets_the_stored_response,
    a_rejected_request_can_be_corrected_under_its_key,
    concurrent_repetitions_of_a_request_count_once,
    a_response_shows_the_latest_ten_entries,
    only_old_responses_are_purged,
    returned_units_are_restocked_once,
);
