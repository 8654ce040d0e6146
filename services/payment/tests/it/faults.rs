//! A checkout and its money commands with every call going wrong in every way, then recovered and audited.

use crate::bench::Bench;
use crate::shop::{Operation, decide, guest};
use contracts::OrderId;
use contracts::payment::{CheckoutRequest, CommandRequest, CommandState, MoneyCommand, PaymentStatus};
use jiff::SignedDuration;
use payment::attempt::{OperationKind, OperationState};
use payment::payment::{Payment, State};
use payment::store::PaymentStore;
use std::collections::HashSet;
use testkit::samples::usd;
use testkit::{Fault, Faults};

/// A stubborn customer: the same request until it is answered, the payment asked for until its outcome is known, and a
/// new request with a good card when it came to nothing. The first card has this name on it.
async fn buy(bench: &Bench, faults: &Faults, holder: &str) {
    for purchase in 0..4 {
        let request = bench.request(if purchase == 0 { holder } else { "Ada" }).await;
        let answered = answered(bench, faults, &format!("key-{purchase}"), &request).await;
        faults.restart();
        if !answered {
            continue;
        }
        for _ in 0..20 {
            let payments = bench.files.payments().await;
            let latest = payments.last().map(Payment::status);
            match latest {
                Some(PaymentStatus::Authorised) => return,
                Some(PaymentStatus::Processing) => bench.later(16).await,
                Some(PaymentStatus::ActionRequired) => confirm(bench, faults, payments.last().unwrap()).await,
                _ => break,
            }
        }
    }
    panic!("the customer could not buy");
}

/// The customer confirms with the bank and comes back, as often as it takes.
async fn confirm(bench: &Bench, faults: &Faults, payment: &Payment) {
    let action = payment.view().action.unwrap();
    decide(&bench.files.sandbox, &action, "confirmed").await;
    for _ in 0..3 {
        if bench.checkout.confirm(&guest(1), payment.id, None).await.is_ok() {
            break;
        }
        faults.restart();
    }
    bench.later(16).await;
}

/// Whether the request was answered with a payment, at last.
async fn answered(bench: &Bench, faults: &Faults, key: &str, request: &CheckoutRequest) -> bool {
    for _ in 0..20 {
        match bench.check_out(key, request).await {
            Ok(answer) => return answer.status < 300,
            Err(_) => {
                faults.restart();
                bench.later(16).await;
            }
        }
    }
    false
}

/// A stubborn workflow: the same step until it is settled.
async fn command(bench: &Bench, faults: &Faults, order: OrderId, step: &str, command: MoneyCommand) -> CommandState {
    let request = CommandRequest { step_key: step.to_owned(), command, manual_note: None };
    for _ in 0..60 {
        match bench.engine.command(order, &request).await {
            Ok(answer) if answer.state != CommandState::Pending => return answer.state,
            Ok(_) => {}
            Err(_) => faults.restart(),
        }
        bench.later(31).await;
    }
    panic!("{step} never settles");
}

async fn settle(bench: &Bench, faults: &Faults) {
    faults.restart();
    for _ in 0..60 {
        bench.later(60).await;
    }
    for _ in 0..40 {
        bench.later(6 * 3600).await;
    }
}

fn done(operations: &[Operation], kind: OperationKind) -> Vec<&Operation> {
    operations.iter().filter(|one| one.kind == kind && one.done).collect()
}

/// What holds whatever happened.
async fn audit(bench: &Bench, told: &str) {
    let (payments, operations) = (bench.files.payments().await, bench.files.operations().await);
    let placed: Vec<&Payment> = payments.iter().filter(|payment| payment.state == State::Placed).collect();
    assert_eq!(placed.len(), 1, "{told}: one cart, one order: {payments:#?}");
    for payment in &payments {
        assert!(matches!(payment.state, State::Placed | State::Closed), "{told}: {payment:#?}");
        assert_eq!(payment.due_at(), None, "{told}: still being looked after: {payment:#?}");
        let held = bench.stock.with(|books| books.of(payment.order_id));
        let released = held.is_none_or(|state| state == contracts::catalogue::ReservationState::Released);
        assert_eq!(released, payment.state == State::Closed, "{told}: {held:?} {payment:#?}");
    }
    let standing: HashSet<&str> =
        payments.iter().flat_map(|one| one.operations.iter()).map(|one| one.reference.as_str()).collect();
    let voided: HashSet<&str> = done(&operations, OperationKind::Void).iter().map(|one| one.reference.as_str()).collect();
    let kept: Vec<_> = done(&operations, OperationKind::Authorise)
        .into_iter()
        .filter(|one| !voided.contains(one.reference.as_str()))
        .collect();
    assert!(operations.iter().all(|one| standing.contains(one.reference.as_str())), "{told}: unknown operation");
    assert!(kept.len() <= 1, "{told}: charged twice: {kept:#?}");
    assert!(done(&operations, OperationKind::Capture).len() <= 1, "{told}: captured twice");
    let events = bench.files.events().await;
    assert_eq!(events.iter().filter(|event| event.kind == "order.placed").count(), 1, "{told}");
    for balance in bench.files.store.balances().await.unwrap() {
        assert_eq!(balance.difference, 0, "{told}: the books do not add up");
    }
}

/// Our books and the gateway's say the same, unless a person was told to look.
async fn compare(bench: &Bench, told: &str) {
    let operations = bench.files.operations().await;
    let sum = |kind| done(&operations, kind).iter().map(|one| one.amount).sum::<i64>();
    for payment in bench.files.payments().await.iter().filter(|payment| payment.state == State::Placed) {
        let parked = payment.operations.iter().any(|attempt| attempt.state == OperationState::NeedsAttention);
        let totals = payment.totals();
        assert_eq!(totals.captured.amount, sum(OperationKind::Capture), "{told}");
        assert!(parked || totals.refunded.amount == sum(OperationKind::Refund), "{told}: {payment:#?} {operations:#?}");
        assert!(sum(OperationKind::Refund) <= sum(OperationKind::Capture), "{told}: more given back than taken");
        assert!(payment.discrepancies.is_empty(), "{told}: {:?}", payment.discrepancies);
        assert_eq!(payment.receipt_number.as_deref(), Some("R-000001"), "{told}");
    }
}

async fn bought(faults: Faults, holder: &str, told: &str) -> (usize, Bench) {
    let bench = Bench::new(faults.clone()).await;
    buy(&bench, &faults, holder).await;
    let calls = faults.calls();
    settle(&bench, &faults).await;
    audit(&bench, told).await;
    (calls, bench)
}

async fn whatever_call_goes_wrong(holder: &str, least: usize) {
    let (calls, _) = bought(Faults::none(), holder, "nothing").await;
    assert!(calls >= least, "only {calls} calls were seen");
    for n in 0..calls {
        for fault in Fault::ALL {
            let told = format!("{holder}: {fault:?} at call {n}");
            let (_, bench) = bought(Faults::at(n, fault), holder, &told).await;
            assert_eq!(bench.stock.with(|books| books.reserved()), 1, "{told}");
        }
    }
}

#[tokio::test]
async fn a_checkout_ends_in_one_order_whatever_call_goes_wrong() {
    whatever_call_goes_wrong("Ada", 7).await;
}

#[tokio::test]
async fn a_refusal_and_the_next_card_end_in_one_order_whatever_call_goes_wrong() {
    whatever_call_goes_wrong("REFUSED51", 12).await;
}

#[tokio::test]
async fn a_lost_answer_ends_in_one_order_whatever_call_goes_wrong() {
    whatever_call_goes_wrong("LOST", 9).await;
}

#[tokio::test]
async fn a_challenge_ends_in_one_order_whatever_call_goes_wrong() {
    whatever_call_goes_wrong("CHALLENGE", 10).await;
}

async fn carried_out(faults: Faults, told: &str) -> usize {
    let bench = Bench::new(Faults::none()).await;
    buy(&bench, &Faults::none(), "Ada").await;
    let order = bench.payment().await.order_id;
    // The same files, seen by a process in which calls go wrong.
    let bench = bench.with_faults(faults.clone());
    let state = command(&bench, &faults, order, "capture", MoneyCommand::Capture { amount: None }).await;
    assert_eq!(state, CommandState::Done, "{told}");
    let back = command(&bench, &faults, order, "refund", MoneyCommand::Refund { amount: usd(700) }).await;
    let undone = command(&bench, &faults, order, "undo", MoneyCommand::Undo).await;
    let calls = faults.calls();
    settle(&bench, &faults).await;
    audit(&bench, told).await;
    compare(&bench, told).await;
    let payment = bench.payment().await;
    let parked = payment.operations.iter().filter(|attempt| attempt.state == OperationState::NeedsAttention).count();
    if parked == 0 {
        assert_eq!((&back, &undone), (&CommandState::Done, &CommandState::Done), "{told}");
        assert_eq!(payment.totals().refunded, payment.totals().captured, "{told}");
    }
    calls
}

#[tokio::test]
async fn money_moves_once_for_each_step_whatever_call_goes_wrong() {
    let calls = carried_out(Faults::none(), "nothing").await;
    assert!(calls >= 12, "only {calls} calls were seen");
    for n in 0..calls {
        for fault in Fault::ALL {
            carried_out(Faults::at(n, fault), &format!("{fault:?} at call {n}")).await;
        }
    }
}

#[tokio::test]
async fn a_part_that_was_not_sent_is_sent_by_one_of_two_replicas() {
    for n in 0.. {
        let bench = Bench::new(Faults::none()).await;
        buy(&bench, &Faults::none(), "Ada").await;
        let order = bench.payment().await.order_id;
        command(&bench, &Faults::none(), order, "capture", MoneyCommand::Capture { amount: None }).await;
        let refund = CommandRequest {
            step_key: "refund".into(),
            command: MoneyCommand::Refund { amount: usd(700) },
            manual_note: None,
        };
        bench.line.cut(true);
        assert_eq!(bench.engine.command(order, &refund).await.unwrap().state, CommandState::Pending);
        bench.line.cut(false);
        bench.env.advance(SignedDuration::from_secs(60));
        let (faults, other) = (Faults::none(), bench.engine.clone());
        faults.then_meanwhile(n, async move {
            other.look_after().await.unwrap();
        });
        let bench = bench.with_faults(faults.clone());
        bench.engine.look_after().await.unwrap();
        let calls = faults.calls();
        settle(&bench, &Faults::none()).await;
        compare(&bench, &format!("another replica before call {n}")).await;
        assert_eq!(bench.payment().await.totals().refunded, usd(700), "before call {n}");
        if calls <= n {
            return;
        }
    }
}
