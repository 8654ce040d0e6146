//! Requirements for every implementation of the store. Each function takes an empty store, or the stores of two replicas
//! over one empty database.

mod extremes;
mod legacy_names;
mod lost_connection;
mod races;
mod webhook_events;

use crate::shop::guest;
use chassis::idempotency::IdempotencyScope;
use chassis::{Problem, StoreError, problem};
use contracts::events::{CommandSettled, PaymentIssueKind, TransferAwaited};
use contracts::payment::{CaptureTiming, Refusal};
use contracts::{CartId, OrderId, PaymentId};
use futures::future::join_all;
use jiff::Timestamp;
use payment::idempotency::KeyState;
use payment::operation::Links;
use payment::payment::{Effects, Fact, IdempotentResponse, Outcome, Payment, State};
use payment::store::{BeginOutcome, IdempotentRequest, MysqlPayments, PaymentStore, SqlitePayments};
use payment::{Engine, PaymentPlan};
use std::sync::Arc;
use tempfile::TempDir;
use testkit::samples::{address, cart};
use testkit::{TestEnvironment, servers};
use uuid::Uuid;

use extremes::{
    a_lease_is_measured_by_the_callers_clock, a_posting_is_made_once, any_script_and_size_is_stored,
    keys_are_case_sensitive,
};
use races::{
    a_key_belongs_to_one_of_several_payments, concurrent_changes_and_responses_are_stored,
    one_caller_takes_over_an_interrupted_request, order_numbers_have_no_gaps_under_concurrency,
    receipt_numbers_have_no_gaps_under_concurrency,
};
use webhook_events::{
    a_payout_is_recorded_once_and_reported_per_day, a_webhook_event_is_stored_once_and_due_until_processed,
};

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

/// A payment as checkout begins it.
pub fn payment(number: u128, cart_number: u128) -> Payment {
    Payment {
        id: PaymentId(Uuid::from_u128(number)),
        order_id: OrderId(Uuid::from_u128(number + 1000)),
        order_number: String::new(),
        owner: guest(1).subject.to_string(),
        cart: cart(CartId(Uuid::from_u128(cart_number)), 1, 1, 2500),
        email: "ada@example.com".parse().unwrap(),
        address: address(),
        language: contracts::Language::En,
        state: State::Reserving,
        close_reason: None,
        reservation_attempt: 1,
        operations: Vec::new(),
        facts: Vec::new(),
        created_at: moment(0),
        expires_at: moment(1800),
        placed_at: None,
        placed_by: None,
        capture: CaptureTiming::Now,
        receipt_number: None,
        discrepancies: Vec::new(),
        back_off_until: None,
        trace: None,
    }
}

fn key(name: &str, body: &str) -> IdempotentRequest {
    let scope = IdempotencyScope { owner: "guest:1".into(), operation: "checkout", key: name.into() };
    IdempotentRequest::new(scope, &[], body.as_bytes())
}

async fn begin(store: &Arc<dyn PaymentStore>, number: u128) -> Payment {
    match store.begin(payment(number, number), &key(&number.to_string(), ""), moment(0)).await.unwrap() {
        BeginOutcome::New(payment) => *payment,
        BeginOutcome::Existing(other) => panic!("{other:?}"),
    }
}

async fn one_of_many_payments_for_a_cart_is_stored(store: Arc<dyn PaymentStore>) {
    let keys: Vec<IdempotentRequest> = (0..10).map(|number| key(&number.to_string(), "")).collect();
    let began =
        join_all((0..10_u128).map(|number| store.begin(payment(number + 1, 7), &keys[number as usize], moment(0))))
            .await;
    let began: Vec<BeginOutcome> = began.into_iter().map(Result::unwrap).collect();
    let new: Vec<&Payment> =
        began.iter().filter_map(|one| if let BeginOutcome::New(new) = one { Some(&**new) } else { None }).collect();
    assert_eq!(new.len(), 1);
    for one in &began {
        let (BeginOutcome::New(found) | BeginOutcome::Existing(found)) = one;
        assert_eq!(found.id, new[0].id);
    }
    let known = join_all(keys.iter().map(|key| store.look_up(key, moment(1)))).await;
    assert_eq!(
        known.into_iter().filter(|state| *state.as_ref().unwrap() == KeyState::Fresh).count(),
        9,
        "the others' keys are free"
    );
}

async fn a_closed_payment_frees_its_cart_and_a_placed_one_does_not(store: Arc<dyn PaymentStore>) {
    let first = begin(&store, 1).await;
    let refusal = Refusal { code: "x".into(), reason: "x".into() };
    let close = |payment: &mut Payment| {
        payment.close(refusal.clone());
        payment.mark_closed();
        Ok(Effects::default())
    };
    store.change(first.id, moment(1), &close).await.unwrap();
    let second = store.begin(payment(2, 1), &key("b", ""), moment(1)).await.unwrap();
    let BeginOutcome::New(second) = second else { panic!("the cart is still taken") };
    assert_ne!(second.order_number, first.order_number);
    let place = |payment: &mut Payment| {
        let mut effects = Effects::default();
        payment.place(None, moment(2), &mut effects);
        Ok(effects)
    };
    store.change(second.id, moment(2), &place).await.unwrap();
    assert!(matches!(store.begin(payment(3, 1), &key("c", ""), moment(3)).await.unwrap(), BeginOutcome::Existing(_)));
    assert_eq!(store.outbox().pending().await.unwrap(), 1, "placing the order writes its event");
}

async fn events_are_written_with_their_change(store: Arc<dyn PaymentStore>) {
    let begun = begin(&store, 1).await;
    let refused = |_: &mut Payment| Err(Problem::invalid("", "no"));
    store.change(begun.id, moment(1), &refused).await.unwrap().unwrap().unwrap_err();
    assert_eq!(store.outbox().pending().await.unwrap(), 0);
    let tell = |payment: &mut Payment| {
        let order_id = payment.order_id;
        Ok(Effects {
            transfer_awaited: Some(TransferAwaited { order_id, cart_id: None, lines: Vec::new() }),
            settled: vec![CommandSettled { order_id, step_key: "refund".into() }],
            issues: vec![PaymentIssueKind::RefundFailed, PaymentIssueKind::ChargedBack],
            ..Effects::default()
        })
    };
    store.change(begun.id, moment(2), &tell).await.unwrap().unwrap().unwrap();
    assert_eq!(store.outbox().pending().await.unwrap(), 4);
}

async fn a_key_goes_from_fresh_to_completed(store: Arc<dyn PaymentStore>) {
    let used = key("1", "");
    assert_eq!(store.look_up(&used, moment(0)).await.unwrap(), KeyState::Fresh);
    let begun = begin(&store, 1).await;
    assert_eq!(store.look_up(&used, moment(44)).await.unwrap(), KeyState::InFlight);
    assert_eq!(store.look_up(&key("1", "other"), moment(44)).await.unwrap(), KeyState::BodyMismatch);
    let captured = join_all((0..5).map(|_| store.look_up(&used, moment(45)))).await;
    let captured: Vec<KeyState> = captured.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        captured.iter().filter(|state| **state == KeyState::Resumed(begun.id)).count(),
        1,
        "one takes it over: {captured:?}"
    );
    assert_eq!(captured.iter().filter(|state| **state == KeyState::InFlight).count(), 4);
    store.release_key(&used.scope).await.unwrap();
    assert_eq!(
        store.look_up(&used, moment(46)).await.unwrap(),
        KeyState::Resumed(begun.id),
        "a released key is taken over at once"
    );
    for (body, status) in [("first", 201), ("second", 202)] {
        let answer = |_: &mut Payment| {
            let kept = IdempotentResponse { key: used.scope.clone(), status, body: body.into() };
            Ok(Effects { response: Some(kept), ..Effects::default() })
        };
        store.change(begun.id, moment(47), &answer).await.unwrap();
    }
    let answered = KeyState::Completed { status: 201, body: b"first".to_vec() };
    assert_eq!(store.look_up(&used, moment(500)).await.unwrap(), answered, "the first answer stays");
    store.release_key(&used.scope).await.unwrap();
    assert_eq!(store.look_up(&used, moment(500)).await.unwrap(), answered);
    assert!(matches!(store.attach(begun.id, &used, moment(500)).await, Err(StoreError::Conflict)));
}

async fn a_refused_change_writes_nothing(store: Arc<dyn PaymentStore>) {
    let begun = begin(&store, 1).await;
    let refuse = |payment: &mut Payment| {
        payment.mark_reserved();
        Err(problem::CONFLICT.detail("no"))
    };
    assert!(store.change(begun.id, moment(1), &refuse).await.unwrap().unwrap().is_err());
    assert_eq!(store.find(begun.id).await.unwrap().unwrap(), begun);
    assert!(store.change(PaymentId(Uuid::nil()), moment(1), &refuse).await.unwrap().is_none());
    assert_eq!(store.find_by_order(begun.order_id).await.unwrap().unwrap(), begun);
}

async fn concurrent_changes_are_all_stored(store: Arc<dyn PaymentStore>) {
    let begun = begin(&store, 1).await;
    let start = |payment: &mut Payment| {
        payment.discrepancies.push("one".into());
        Ok(Effects::default())
    };
    join_all((0..20).map(|_| store.change(begun.id, moment(1), &start))).await;
    assert_eq!(store.find(begun.id).await.unwrap().unwrap().discrepancies.len(), 20);
}

async fn due_payments_are_listed_in_order(store: Arc<dyn PaymentStore>) {
    for number in [1, 2, 3] {
        let mut late = payment(number, number);
        late.created_at = moment(i64::try_from(10 - number).unwrap());
        store.begin(late, &key(&number.to_string(), ""), moment(0)).await.unwrap();
    }
    assert!(store.list_due(moment(36), 10).await.unwrap().is_empty());
    let ids = |ids: Vec<PaymentId>| ids.iter().map(|id| id.0.as_u128()).collect::<Vec<_>>();
    assert_eq!(ids(store.list_due(moment(38), 10).await.unwrap()), [3, 2]);
    assert_eq!(ids(store.list_due(moment(99), 2).await.unwrap()), [3, 2]);
}

/// A plan to pay by card, without an instrument.
pub fn payment_plan() -> PaymentPlan {
    PaymentPlan { method: "card".into(), instrument: None, browser: None, gateways: Vec::new() }
}

/// Captures the full amount.
fn capture(payment: &mut Payment) -> Result<Effects, Problem> {
    let mut effects = Effects::default();
    let mut new_operation = Engine::new_authorisation(payment, &payment_plan(), "sandbox", "r");
    new_operation.kind = payment::operation::OperationKind::Capture;
    let number = payment.start(new_operation, moment(1));
    let reference = payment.operation(number).unwrap().reference.clone();
    let outcome = Outcome::Succeeded { gateway_id: "g".into(), amount: payment.amount(), captured: false };
    payment.apply(Fact { reference, outcome, links: Links::new(), at: moment(2) }, &mut effects);
    Ok(effects)
}

async fn the_ledger_balances_and_receipts_are_numbered(store: Arc<dyn PaymentStore>) {
    for number in [1, 2] {
        let begun = begin(&store, number).await;
        let kept = store.change(begun.id, moment(2), &capture).await.unwrap().unwrap().unwrap();
        assert_eq!(kept.receipt_number, Some(format!("R-{number:06}")));
        assert_eq!(store.find(begun.id).await.unwrap().unwrap(), kept);
    }
    let balances = store.balances().await.unwrap();
    assert_eq!((balances[0].difference, balances[0].captured(), balances[0].refunded), (0, 5000, 0));
}

async fn expired_keys_are_purged_unless_in_use(store: Arc<dyn PaymentStore>) {
    let begun = begin(&store, 1).await;
    store.attach(begun.id, &key("late", ""), moment(90_000)).await.unwrap();
    assert_eq!(store.purge_keys(moment(90_000)).await.unwrap(), 1);
    assert_eq!(store.look_up(&key("1", ""), moment(90_001)).await.unwrap(), KeyState::Fresh);
    assert_eq!(store.look_up(&key("late", ""), moment(90_001)).await.unwrap(), KeyState::InFlight);
}

async fn payments_are_listed_page_by_page(store: Arc<dyn PaymentStore>) {
    for number in 1..=5 {
        begin(&store, number).await;
    }
    let (mut after, mut seen) = (None, 0);
    loop {
        let page = store.list_after(after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        seen += page.len();
    }
    assert_eq!(seen, 5);
}

async fn payments_are_found_by_order_number_and_state(store: Arc<dyn PaymentStore>) {
    let mut begun = Vec::new();
    for number in 1..=3 {
        begun.push(begin(&store, number).await);
    }
    let reserved = |payment: &mut Payment| {
        payment.mark_reserved();
        Ok(Effects::default())
    };
    for payment in &begun[..2] {
        store.change(payment.id, moment(1), &reserved).await.unwrap().unwrap().unwrap();
    }
    for payment in &begun {
        assert_eq!(store.find_by_order_number(&payment.order_number).await.unwrap().unwrap().id, payment.id);
    }
    assert_eq!(store.find_by_order_number("1").await.unwrap(), None);
    let ids = async |state, after, limit| {
        let found: Vec<Payment> = store.list_in_state(state, after, limit).await.unwrap();
        found.iter().map(|payment| payment.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(State::Payable, None, 9).await, [begun[0].id, begun[1].id]);
    assert_eq!(ids(State::Payable, None, 1).await, [begun[0].id]);
    assert_eq!(ids(State::Payable, Some(begun[0].id), 9).await, [begun[1].id]);
    assert_eq!(ids(State::Reserving, None, 9).await, [begun[2].id]);
    assert_eq!(ids(State::Placed, None, 9).await, []);
}

/// The stores of two replicas over one database.
type Replicas = [Arc<dyn PaymentStore>; 2];

async fn in_sqlite() -> (Option<TempDir>, Replicas) {
    let folder = tempfile::tempdir().unwrap();
    let (file, env) = (folder.path().join("payment.db"), TestEnvironment::default());
    let open =
        async || Arc::new(SqlitePayments::open(&file, env.system.clone()).await.unwrap()) as Arc<dyn PaymentStore>;
    let replicas = [open().await, open().await];
    (Some(folder), replicas)
}

async fn in_mysql() -> (Option<TempDir>, Replicas) {
    let (address, env) = (servers::mysql(), TestEnvironment::default());
    let open =
        async || Arc::new(MysqlPayments::open(&address, env.system.clone()).await.unwrap()) as Arc<dyn PaymentStore>;
    (None, [open().await, open().await])
}

macro_rules! conforms {
    (alone: $($alone:ident),* ; replicas: $($both:ident),* $(;)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $alone() {
                let (_folder, [store, _]) = super::in_sqlite().await;
                super::$alone(store).await;
            })*
            $(#[tokio::test]
            async fn $both() {
                let (_folder, replicas) = super::in_sqlite().await;
                super::$both(replicas).await;
            })*
        }
        mod mysql {
            $(#[tokio::test]
            #[ignore = "needs the servers of make services"]
            async fn $alone() {
                let (_, [store, _]) = super::in_mysql().await;
                super::$alone(store).await;
            })*
            $(#[tokio::test]
            #[ignore = "needs the servers of make services"]
            async fn $both() {
                let (_, replicas) = super::in_mysql().await;
                super::$both(replicas).await;
            })*
        }
    };
}

conforms!(
    alone:
        one_of_many_payments_for_a_cart_is_stored,
        a_closed_payment_frees_its_cart_and_a_placed_one_does_not,
        events_are_written_with_their_change,
        a_key_goes_from_fresh_to_completed,
        a_refused_change_writes_nothing,
        concurrent_changes_are_all_stored,
        due_payments_are_listed_in_order,
        the_ledger_balances_and_receipts_are_numbered,
        expired_keys_are_purged_unless_in_use,
        payments_are_listed_page_by_page,
        payments_are_found_by_order_number_and_state,
        any_script_and_size_is_stored,
        keys_are_case_sensitive,
        a_lease_is_measured_by_the_callers_clock,
        a_posting_is_made_once,
        a_webhook_event_is_stored_once_and_due_until_processed,
        a_payout_is_recorded_once_and_reported_per_day;
    replicas:
        order_numbers_have_no_gaps_under_concurrency,
        receipt_numbers_have_no_gaps_under_concurrency,
        a_key_belongs_to_one_of_several_payments,
        one_caller_takes_over_an_interrupted_request,
        concurrent_changes_and_responses_are_stored;
);
