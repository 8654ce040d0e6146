//! Corrections: forced ones, those with an answer, and goods that customers send back.

use super::{Store, correction, count, key, level, reservation, sku};
use crate::conformance;
use crate::place::Place;
use catalogue::stock::{Adjusted, Adjustment, Committed, Level, Refusal, Shortfall, demand};
use catalogue::store::{AnswerOf, Once};
use chassis::StoreError;
use chassis::idempotency::{JsonResponse, IdempotencyScope, IdempotentRequest};
use contracts::catalogue::{AdjustmentKind, Oversell, ReservationState, StockChange, StockReason};
use futures::future::join_all;
use jiff::SignedDuration;
use testkit::TestEnvironment;

fn request(owner: &str, name: &str, body: &str) -> IdempotentRequest {
    let scope = IdempotencyScope { owner: owner.to_owned(), operation: "adjust-stock", key: name.to_owned() };
    IdempotentRequest::new(scope, b"", body.as_bytes())
}

/// The answer that tells what is on hand and how many lines the history has.
#[expect(clippy::needless_pass_by_value, reason = "the form that answers are made in")]
fn told(level: Level, history: Vec<StockChange>) -> Result<JsonResponse, StoreError> {
    Ok(JsonResponse { status: 200, body: format!("[{},{}]", level.on_hand, history.len()).into_bytes() })
}

async fn ask(store: &Store, adjustment: &Adjustment, request: &IdempotentRequest) -> Adjusted {
    store.adjust(adjustment, Once::Request(AnswerOf { request, answer: &told })).await.unwrap()
}

fn answer(body: &str) -> Adjusted {
    Adjusted::Answered(JsonResponse { status: 200, body: body.as_bytes().to_vec() })
}

async fn a_forced_correction_takes_away_what_is_promised_and_no_more(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    let (small, large) = (reservation(env, &[("A", 1)]), reservation(env, &[("A", 4)]));
    store.reserve(&small).await.unwrap();
    store.reserve(&large).await.unwrap();
    let forced = |change| Adjustment { force: true, ..correction("A", change, now) };
    let below = store.adjust(&forced(-6), Once::Key("k1")).await.unwrap();
    assert!(matches!(below, Adjusted::Refused(Refusal::BelowNothing, level) if level.on_hand == 5));
    assert_eq!(store.adjust(&forced(-3), Once::Key("k2")).await.unwrap(), Adjusted::Done);
    assert_eq!(level(&store, "A").await, (2, 5));
    assert!(store.history(&sku("A"), None, 1).await.unwrap()[0].forced);

    assert_eq!(store.commit(key(&large), now).await.unwrap(), Committed::StockMissing);
    assert_eq!(store.commit(key(&small), now).await.unwrap(), Committed::Done, "its goods are there");
    let short = Shortfall { sku: sku("A"), on_hand: 1, reserved: 4, oversell: Oversell::Deny, missing: 3 };
    assert_eq!(store.shortfalls(10).await.unwrap(), [short]);
    assert_eq!(store.violations(10).await.unwrap(), Vec::<String>::new(), "somebody has forced it");

    assert_eq!(store.adjust(&correction("A", 2, now), Once::Key("k3")).await.unwrap(), Adjusted::Done);
    assert_eq!(store.commit(key(&large), now).await.unwrap(), Committed::StockMissing);
    assert_eq!(store.release(key(&large), now).await.unwrap(), ReservationState::Released);
    assert_eq!(store.shortfalls(10).await.unwrap(), []);
    assert_eq!((level(&store, "A").await, store.violations(10).await.unwrap()), ((3, 0), vec![]));
}

async fn force_that_is_not_needed_is_an_ordinary_correction(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    let forced = Adjustment { force: true, ..correction("A", -5, now) };
    assert_eq!(store.adjust(&forced, Once::Key("k")).await.unwrap(), Adjusted::Done);
    assert!(!store.history(&sku("A"), None, 1).await.unwrap()[0].forced);
}

async fn what_was_sold_ahead_is_a_shortfall_and_waits_even_when_that_has_ended(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 1, Oversell::Continue, now).await;
    let ahead = reservation(env, &[("A", 3)]);
    store.reserve(&ahead).await.unwrap();
    for policy in [Oversell::Continue, Oversell::Deny] {
        count(&store, "A", 0, policy, now).await;
        assert_eq!(store.commit(key(&ahead), now).await.unwrap(), Committed::AwaitingStock);
        let short = Shortfall { sku: sku("A"), on_hand: 1, reserved: 3, oversell: policy, missing: 0 };
        assert_eq!(store.shortfalls(10).await.unwrap(), [short]);
        assert_eq!(store.violations(10).await.unwrap(), Vec::<String>::new());
    }
    assert_eq!(store.adjust(&correction("A", 1, now), Once::Key("k")).await.unwrap(), Adjusted::Done);
    assert_eq!(level(&store, "A").await, (2, 3));
}

async fn an_order_that_lacks_both_is_one_whose_goods_are_missing(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 0, Oversell::Continue, now).await;
    count(&store, "B", 1, Oversell::Deny, now).await;
    let wanted = reservation(env, &[("A", 1), ("B", 1)]);
    store.reserve(&wanted).await.unwrap();
    assert_eq!(store.commit(key(&wanted), now).await.unwrap(), Committed::AwaitingStock);
    let lost = Adjustment { force: true, ..correction("B", -1, now) };
    store.adjust(&lost, Once::Key("k")).await.unwrap();
    assert_eq!(store.commit(key(&wanted), now).await.unwrap(), Committed::StockMissing);
}

async fn a_correction_says_why_and_who_and_what_is_there_after_it(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    for (n, kind) in [AdjustmentKind::Received, AdjustmentKind::Damaged].into_iter().enumerate() {
        let change = if kind == AdjustmentKind::Received { 4 } else { -2 };
        let one = Adjustment { kind, note: format!("note {n}"), ..correction("A", change, now) };
        store.adjust(&one, Once::Key(&format!("k{n}"))).await.unwrap();
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

async fn a_request_that_is_sent_again_is_answered_alike_whatever_happened_since(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    let (first, lost) = (request("me", "k", "one"), correction("A", -2, now));
    assert_eq!(ask(&store, &lost, &first).await, answer("[3,2]"));
    assert_eq!(ask(&store, &lost, &request("me", "k2", "one")).await, answer("[1,3]"));
    assert_eq!(ask(&store, &lost, &first).await, answer("[3,2]"));
    assert_eq!(ask(&store, &lost, &request("me", "k", "other")).await, Adjusted::KeyReused);
    assert_eq!(ask(&store, &correction("A", 1, now), &request("you", "k", "one")).await, answer("[2,4]"));
    assert_eq!(level(&store, "A").await, (2, 0));
}

async fn a_request_that_was_refused_may_be_put_right_under_its_key(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    store.reserve(&reservation(env, &[("A", 5)])).await.unwrap();
    let lost = correction("A", -1, now);
    let refused = ask(&store, &lost, &request("me", "k", "unforced")).await;
    assert!(matches!(refused, Adjusted::Refused(Refusal::Promised, _)));
    assert_eq!(ask(&store, &correction("Z", 1, now), &request("me", "k", "unknown")).await, Adjusted::Unknown);
    let forced = Adjustment { force: true, ..lost };
    assert_eq!(ask(&store, &forced, &request("me", "k", "forced")).await, answer("[4,2]"));
}

async fn a_request_sent_by_many_at_once_is_done_once(place: Place, env: &TestEnvironment) {
    let ([one, other], now) = ([place.stock().await, place.stock().await], env.system.now());
    count(&one, "A", 5, Oversell::Deny, now).await;
    let (asked, lost) = (request("me", "k", "body"), correction("A", -2, now));
    let many = (0..8).map(|n| ask(if n % 2 == 0 { &one } else { &other }, &lost, &asked));
    for answered in join_all(many).await {
        assert_eq!(answered, answer("[3,2]"));
    }
    assert_eq!(level(&one, "A").await, (3, 0));
}

async fn an_answer_shows_the_latest_ten_lines(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    for n in 0..12 {
        let found = ask(&store, &correction("A", 1, now), &request("me", &format!("k{n}"), "body")).await;
        assert_eq!(found, answer(&format!("[{},{}]", 6 + n, (n + 2).min(10))));
    }
}

async fn old_answers_are_forgotten_and_young_ones_are_not(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 5, Oversell::Deny, now).await;
    let later = now.checked_add(SignedDuration::from_hours(1)).unwrap();
    for (name, at) in [("k1", now), ("k2", now), ("k3", later)] {
        ask(&store, &correction("A", 1, at), &request("me", name, "body")).await;
    }
    assert_eq!(store.forget_answers(later).await.unwrap(), 2);
    assert_eq!(store.forget_answers(later).await.unwrap(), 0);
    assert_eq!(ask(&store, &correction("A", 1, later), &request("me", "k3", "body")).await, answer("[8,4]"));
    assert_eq!(ask(&store, &correction("A", 1, later), &request("me", "k1", "body")).await, answer("[9,5]"));
}

async fn what_customers_send_back_is_put_back_once(place: Place, env: &TestEnvironment) {
    let (store, now) = (place.stock().await, env.system.now());
    count(&store, "A", 1, Oversell::Deny, now).await;
    count(&store, "B", 0, Oversell::Deny, now).await;
    let back = demand([(sku("B"), 2), (sku("A"), 1)]);
    for done in join_all((0..4).map(|_| store.restock("return-1", &back, now))).await {
        assert!(done.unwrap());
    }
    assert_eq!((level(&store, "A").await, level(&store, "B").await), ((2, 0), (2, 0)));
    assert!(store.restock("return-2", &back[..1], now).await.unwrap());
    let line = store.history(&sku("A"), None, 1).await.unwrap().remove(0);
    assert_eq!((line.change, line.on_hand, line.reason), (1, 3, StockReason::Returned));
    let unknown = demand([(sku("A"), 1), (sku("Z"), 1)]);
    assert!(!store.restock("return-3", &unknown, now).await.unwrap());
    assert_eq!((level(&store, "A").await, store.violations(10).await.unwrap()), ((3, 0), vec![]));
}

conformance!(
    a_forced_correction_takes_away_what_is_promised_and_no_more,
    force_that_is_not_needed_is_an_ordinary_correction,
    what_was_sold_ahead_is_a_shortfall_and_waits_even_when_that_has_ended,
    an_order_that_lacks_both_is_one_whose_goods_are_missing,
    a_correction_says_why_and_who_and_what_is_there_after_it,
    a_request_that_is_sent_again_is_answered_alike_whatever_happened_since,
    a_request_that_was_refused_may_be_put_right_under_its_key,
    a_request_sent_by_many_at_once_is_done_once,
    an_answer_shows_the_latest_ten_lines,
    old_answers_are_forgotten_and_young_ones_are_not,
    what_customers_send_back_is_put_back_once,
);
