//! What every implementation of the store must do. Each function wants a store that is empty, or two replicas' stores
//! over one database that is empty.

mod extremes;
mod gateways;
mod lost_connection;
mod races;

use crate::shop::guest;
use chassis::idempotency::IdempotencyScope;
use chassis::{Problem, StoreError, problem};
use contracts::events::{CommandSettled, PaymentIssueKind, TransferAwaited};
use contracts::payment::{CaptureTiming, Refusal};
use contracts::{CartId, OrderId, PaymentId};
use futures::future::join_all;
use jiff::Timestamp;
use payment::attempt::Links;
use payment::idempotency::KeyState;
use payment::payment::{Effects, Fact, KeptAnswer, Outcome, Payment, State};
use payment::store::{Began, IdempotentRequest, MysqlPayments, PaymentStore, SqlitePayments};
use payment::{Engine, Paying};
use std::sync::Arc;
use tempfile::TempDir;
use testkit::samples::{address, cart};
use testkit::{TestEnvironment, servers};
use uuid::Uuid;

use extremes::{
    a_lease_is_measured_by_the_clock_of_who_asks, every_script_and_any_size_is_kept,
    keys_are_told_apart_letter_by_letter, what_was_posted_is_not_posted_again,
};
use gateways::{
    a_notice_is_kept_once_and_due_until_it_is_taken_in, a_payout_is_recorded_once_and_days_tell_what_moved,
};
use races::{
    a_key_is_given_to_one_of_two_payments, a_request_is_taken_over_by_one, changes_and_answers_of_all_are_kept,
    order_numbers_have_no_gaps_whoever_races, receipts_have_no_gaps_whoever_races,
};

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

/// A payment at its beginning.
pub fn payment(number: u128, cart_number: u128) -> Payment {
    Payment {
        id: PaymentId(Uuid::from_u128(number)),
        order_id: OrderId(Uuid::from_u128(number + 1000)),
        order_number: String::new(),
        owner: guest(1).subject.to_string(),
        cart: cart(CartId(Uuid::from_u128(cart_number)), 1, 1, 2500),
        email: "ada@example.com".parse().unwrap(),
        address: address(),
        state: State::Reserving,
        closed: None,
        hold: 1,
        operations: Vec::new(),
        facts: Vec::new(),
        created_at: moment(0),
        expires_at: moment(1800),
        placed_at: None,
        placed_by: None,
        capture: CaptureTiming::Now,
        receipt_number: None,
        discrepancies: Vec::new(),
        put_off_until: None,
    }
}

fn key(name: &str, body: &str) -> IdempotentRequest {
    let scope = IdempotencyScope { owner: "guest:1".into(), operation: "checkout", key: name.into() };
    IdempotentRequest::new(scope, &[], body.as_bytes())
}

async fn begin(store: &Arc<dyn PaymentStore>, number: u128) -> Payment {
    match store.begin(payment(number, number), &key(&number.to_string(), ""), moment(0)).await.unwrap() {
        Began::New(payment) => *payment,
        Began::Existing(other) => panic!("{other:?}"),
    }
}

async fn of_many_that_begin_with_one_cart_one_wins(store: Arc<dyn PaymentStore>) {
    let keys: Vec<IdempotentRequest> = (0..10).map(|number| key(&number.to_string(), "")).collect();
    let began =
        join_all((0..10_u128).map(|number| store.begin(payment(number + 1, 7), &keys[number as usize], moment(0))))
            .await;
    let began: Vec<Began> = began.into_iter().map(Result::unwrap).collect();
    let new: Vec<&Payment> =
        began.iter().filter_map(|one| if let Began::New(new) = one { Some(&**new) } else { None }).collect();
    assert_eq!(new.len(), 1);
    for one in &began {
        let (Began::New(found) | Began::Existing(found)) = one;
        assert_eq!(found.id, new[0].id);
    }
    let known = join_all(keys.iter().map(|key| store.look_up(key, moment(1)))).await;
    assert_eq!(
        known.into_iter().filter(|state| *state.as_ref().unwrap() == KeyState::Fresh).count(),
        9,
        "the others' keys are free"
    );
}

async fn a_closed_payment_makes_room_and_a_placed_one_never_does(store: Arc<dyn PaymentStore>) {
    let first = begin(&store, 1).await;
    let refusal = Refusal { code: "x".into(), reason: "x".into() };
    let close = |payment: &mut Payment| {
        payment.close(refusal.clone());
        payment.closed();
        Ok(Effects::default())
    };
    store.change(first.id, moment(1), &close).await.unwrap();
    let second = store.begin(payment(2, 1), &key("b", ""), moment(1)).await.unwrap();
    let Began::New(second) = second else { panic!("no room") };
    assert_ne!(second.order_number, first.order_number);
    let place = |payment: &mut Payment| {
        let mut effects = Effects::default();
        payment.place(None, moment(2), &mut effects);
        Ok(effects)
    };
    store.change(second.id, moment(2), &place).await.unwrap();
    assert!(matches!(store.begin(payment(3, 1), &key("c", ""), moment(3)).await.unwrap(), Began::Existing(_)));
    assert_eq!(store.outbox().waiting().await.unwrap(), 1, "placed and told in one");
}

async fn all_that_a_change_tells_is_told_with_it(store: Arc<dyn PaymentStore>) {
    let begun = begin(&store, 1).await;
    let refused = |_: &mut Payment| Err(Problem::invalid("", "no"));
    store.change(begun.id, moment(1), &refused).await.unwrap().unwrap().unwrap_err();
    assert_eq!(store.outbox().waiting().await.unwrap(), 0);
    let tell = |payment: &mut Payment| {
        let order_id = payment.order_id;
        Ok(Effects {
            awaited: Some(TransferAwaited { order_id }),
            settled: vec![CommandSettled { order_id, step_key: "refund".into() }],
            changed: vec![PaymentIssueKind::RefundFailed, PaymentIssueKind::ChargedBack],
            ..Effects::default()
        })
    };
    store.change(begun.id, moment(2), &tell).await.unwrap().unwrap().unwrap();
    assert_eq!(store.outbox().waiting().await.unwrap(), 4);
}

async fn a_key_goes_from_fresh_to_answered(store: Arc<dyn PaymentStore>) {
    let used = key("1", "");
    assert_eq!(store.look_up(&used, moment(0)).await.unwrap(), KeyState::Fresh);
    let begun = begin(&store, 1).await;
    assert_eq!(store.look_up(&used, moment(44)).await.unwrap(), KeyState::InFlight);
    assert_eq!(store.look_up(&key("1", "other"), moment(44)).await.unwrap(), KeyState::OtherBody);
    let taken = join_all((0..5).map(|_| store.look_up(&used, moment(45)))).await;
    let taken: Vec<KeyState> = taken.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        taken.iter().filter(|state| **state == KeyState::Resumed(begun.id)).count(),
        1,
        "one takes it over: {taken:?}"
    );
    assert_eq!(taken.iter().filter(|state| **state == KeyState::InFlight).count(), 4);
    store.let_go(&used.scope).await.unwrap();
    assert_eq!(
        store.look_up(&used, moment(46)).await.unwrap(),
        KeyState::Resumed(begun.id),
        "let go, and taken at once"
    );
    for (body, status) in [("first", 201), ("second", 202)] {
        let answer = |_: &mut Payment| {
            let kept = KeptAnswer { key: used.scope.clone(), status, body: body.into() };
            Ok(Effects { answer: Some(kept), ..Effects::default() })
        };
        store.change(begun.id, moment(47), &answer).await.unwrap();
    }
    let answered = KeyState::Answered { status: 201, body: b"first".to_vec() };
    assert_eq!(store.look_up(&used, moment(500)).await.unwrap(), answered, "the first answer stays");
    store.let_go(&used.scope).await.unwrap();
    assert_eq!(store.look_up(&used, moment(500)).await.unwrap(), answered);
    assert!(matches!(store.attach(begun.id, &used, moment(500)).await, Err(StoreError::Conflict)));
}

async fn a_refused_change_changes_nothing(store: Arc<dyn PaymentStore>) {
    let begun = begin(&store, 1).await;
    let refuse = |payment: &mut Payment| {
        payment.reserved();
        Err(problem::CONFLICT.detail("no"))
    };
    assert!(store.change(begun.id, moment(1), &refuse).await.unwrap().unwrap().is_err());
    assert_eq!(store.find(begun.id).await.unwrap().unwrap(), begun);
    assert!(store.change(PaymentId(Uuid::nil()), moment(1), &refuse).await.unwrap().is_none());
    assert_eq!(store.of_order(begun.order_id).await.unwrap().unwrap(), begun);
}

async fn changes_at_once_are_all_kept(store: Arc<dyn PaymentStore>) {
    let begun = begin(&store, 1).await;
    let start = |payment: &mut Payment| {
        payment.discrepancies.push("one".into());
        Ok(Effects::default())
    };
    join_all((0..20).map(|_| store.change(begun.id, moment(1), &start))).await;
    assert_eq!(store.find(begun.id).await.unwrap().unwrap().discrepancies.len(), 20);
}

async fn what_is_due_is_found_in_its_order(store: Arc<dyn PaymentStore>) {
    for number in [1, 2, 3] {
        let mut late = payment(number, number);
        late.created_at = moment(i64::try_from(10 - number).unwrap());
        store.begin(late, &key(&number.to_string(), ""), moment(0)).await.unwrap();
    }
    assert!(store.due(moment(36), 10).await.unwrap().is_empty());
    let ids = |ids: Vec<PaymentId>| ids.iter().map(|id| id.0.as_u128()).collect::<Vec<_>>();
    assert_eq!(ids(store.due(moment(38), 10).await.unwrap()), [3, 2]);
    assert_eq!(ids(store.due(moment(99), 2).await.unwrap()), [3, 2]);
}

/// Paying by a card that nobody needs to know.
pub fn paying() -> Paying {
    Paying { method: "card".into(), instrument: None, browser: None, gateways: Vec::new() }
}

/// Takes the whole amount.
fn capture(payment: &mut Payment) -> Result<Effects, Problem> {
    let mut effects = Effects::default();
    let mut wanted = Engine::authorisation(payment, &paying(), "sandbox", "r");
    wanted.kind = payment::attempt::OperationKind::Capture;
    let number = payment.start(wanted, moment(1));
    let reference = payment.attempt(number).unwrap().reference.clone();
    let outcome = Outcome::Succeeded { gateway_id: "g".into(), amount: payment.amount(), taken: false };
    payment.apply(Fact { reference, outcome, links: Links::new(), at: moment(2) }, &mut effects);
    Ok(effects)
}

async fn the_ledger_adds_up_and_receipts_are_numbered(store: Arc<dyn PaymentStore>) {
    for number in [1, 2] {
        let begun = begin(&store, number).await;
        let kept = store.change(begun.id, moment(2), &capture).await.unwrap().unwrap().unwrap();
        assert_eq!(kept.receipt_number, Some(format!("R-{number:06}")));
        assert_eq!(store.find(begun.id).await.unwrap().unwrap(), kept);
    }
    let balances = store.balances().await.unwrap();
    assert_eq!((balances[0].difference, balances[0].captured(), balances[0].refunded), (0, 5000, 0));
}

async fn old_keys_are_forgotten_unless_somebody_works_on_them(store: Arc<dyn PaymentStore>) {
    let begun = begin(&store, 1).await;
    store.attach(begun.id, &key("late", ""), moment(90_000)).await.unwrap();
    assert_eq!(store.forget_keys(moment(90_000)).await.unwrap(), 1);
    assert_eq!(store.look_up(&key("1", ""), moment(90_001)).await.unwrap(), KeyState::Fresh);
    assert_eq!(store.look_up(&key("late", ""), moment(90_001)).await.unwrap(), KeyState::InFlight);
}

async fn all_are_listed_page_by_page(store: Arc<dyn PaymentStore>) {
    for number in 1..=5 {
        begin(&store, number).await;
    }
    let (mut after, mut seen) = (None, 0);
    loop {
        let page = store.after(after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        seen += page.len();
    }
    assert_eq!(seen, 5);
}

async fn payments_are_found_by_their_orders_numbers_and_by_where_they_stand(store: Arc<dyn PaymentStore>) {
    let mut begun = Vec::new();
    for number in 1..=3 {
        begun.push(begin(&store, number).await);
    }
    let reserved = |payment: &mut Payment| {
        payment.reserved();
        Ok(Effects::default())
    };
    for payment in &begun[..2] {
        store.change(payment.id, moment(1), &reserved).await.unwrap().unwrap().unwrap();
    }
    for payment in &begun {
        assert_eq!(store.of_number(&payment.order_number).await.unwrap().unwrap().id, payment.id);
    }
    assert_eq!(store.of_number("1").await.unwrap(), None);
    let ids = async |state, after, limit| {
        let found: Vec<Payment> = store.in_state(state, after, limit).await.unwrap();
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
        of_many_that_begin_with_one_cart_one_wins,
        a_closed_payment_makes_room_and_a_placed_one_never_does,
        all_that_a_change_tells_is_told_with_it,
        a_key_goes_from_fresh_to_answered,
        a_refused_change_changes_nothing,
        changes_at_once_are_all_kept,
        what_is_due_is_found_in_its_order,
        the_ledger_adds_up_and_receipts_are_numbered,
        old_keys_are_forgotten_unless_somebody_works_on_them,
        all_are_listed_page_by_page,
        payments_are_found_by_their_orders_numbers_and_by_where_they_stand,
        every_script_and_any_size_is_kept,
        keys_are_told_apart_letter_by_letter,
        a_lease_is_measured_by_the_clock_of_who_asks,
        what_was_posted_is_not_posted_again,
        a_notice_is_kept_once_and_due_until_it_is_taken_in,
        a_payout_is_recorded_once_and_days_tell_what_moved;
    replicas:
        order_numbers_have_no_gaps_whoever_races,
        receipts_have_no_gaps_whoever_races,
        a_key_is_given_to_one_of_two_payments,
        a_request_is_taken_over_by_one,
        changes_and_answers_of_all_are_kept;
);
