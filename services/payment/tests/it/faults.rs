//! A checkout and its money commands with every kind of fault at every call, then recovered and audited.

use crate::fault_rig::FaultRig;
use crate::shop::{Operation, decide, guest};
use contracts::OrderId;
use contracts::payment::{CheckoutRequest, CommandRequest, CommandState, MoneyCommand, PaymentStatus};
use jiff::SignedDuration;
use payment::operation::{OperationKind, OperationState};
use payment::payment::{Payment, State};
use payment::store::PaymentStore;
use std::collections::HashSet;
use testkit::samples::usd;
use testkit::{Fault, Faults};

/// A persistent customer: repeats the request until it is answered, polls the payment until its outcome is known, and
/// tries a good card after a refusal. The first card has this holder.
async fn buy(rig: &FaultRig, faults: &Faults, holder: &str) {
    for purchase in 0..4 {
        let request = rig.request(if purchase == 0 { holder } else { "Ada" }).await;
        let answered = answered(rig, faults, &format!("key-{purchase}"), &request).await;
        faults.restart();
        if !answered {
            continue;
        }
        for _ in 0..20 {
            let payments = rig.files.payments().await;
            let latest = payments.last().map(Payment::status);
            match latest {
                Some(PaymentStatus::Authorised) => return,
                Some(PaymentStatus::Processing) => rig.later(16).await,
                Some(PaymentStatus::ActionRequired) => confirm(rig, faults, payments.last().unwrap()).await,
                _ => break,
            }
        }
    }
    panic!("the customer could not buy");
}

/// Confirms with the bank and returns, as often as needed.
async fn confirm(rig: &FaultRig, faults: &Faults, payment: &Payment) {
    let action = payment.view().action.unwrap();
    decide(&rig.files.sandbox, &action, "confirmed").await;
    for _ in 0..3 {
        if rig.checkout.confirm(&guest(1), payment.id, None).await.is_ok() {
            break;
        }
        faults.restart();
    }
    rig.later(16).await;
}

/// Repeats the request until it is answered; returns true for a payment.
async fn answered(rig: &FaultRig, faults: &Faults, key: &str, request: &CheckoutRequest) -> bool {
    for _ in 0..20 {
        match rig.check_out(key, request).await {
            Ok(answer) => return answer.status < 300,
            Err(_) => {
                faults.restart();
                rig.later(16).await;
            }
        }
    }
    false
}

/// A persistent workflow: repeats the step until it is settled.
async fn command(rig: &FaultRig, faults: &Faults, order: OrderId, step: &str, command: MoneyCommand) -> CommandState {
    let request = CommandRequest { step_key: step.to_owned(), command, manual_note: None };
    for _ in 0..60 {
        match rig.engine.command(order, &request).await {
            Ok(answer) if answer.state != CommandState::Pending => return answer.state,
            Ok(_) => {}
            Err(_) => faults.restart(),
        }
        rig.later(31).await;
    }
    panic!("{step} is never settled");
}

async fn settle(rig: &FaultRig, faults: &Faults) {
    faults.restart();
    for _ in 0..60 {
        rig.later(60).await;
    }
    for _ in 0..40 {
        rig.later(6 * 3600).await;
    }
}

fn done(operations: &[Operation], kind: OperationKind) -> Vec<&Operation> {
    operations.iter().filter(|one| one.kind == kind && one.done).collect()
}

/// Checks the invariants that hold under any fault.
async fn audit(rig: &FaultRig, context: &str) {
    let (payments, operations) = (rig.files.payments().await, rig.files.operations().await);
    let placed: Vec<&Payment> = payments.iter().filter(|payment| payment.state == State::Placed).collect();
    assert_eq!(placed.len(), 1, "{context}: one cart, one order: {payments:#?}");
    for payment in &payments {
        assert!(matches!(payment.state, State::Placed | State::Closed), "{context}: {payment:#?}");
        assert_eq!(payment.due_at(), None, "{context}: still scheduled: {payment:#?}");
        let held = rig.stock.with(|stock| stock.of(payment.order_id));
        let released = held.is_none_or(|state| state == contracts::catalogue::ReservationState::Released);
        assert_eq!(released, payment.state == State::Closed, "{context}: {held:?} {payment:#?}");
    }
    let known: HashSet<&str> =
        payments.iter().flat_map(|one| one.operations.iter()).map(|one| one.reference.as_str()).collect();
    let voided: HashSet<&str> =
        done(&operations, OperationKind::Void).iter().map(|one| one.reference.as_str()).collect();
    let kept: Vec<_> = done(&operations, OperationKind::Authorise)
        .into_iter()
        .filter(|one| !voided.contains(one.reference.as_str()))
        .collect();
    assert!(operations.iter().all(|one| known.contains(one.reference.as_str())), "{context}: unknown operation");
    assert!(kept.len() <= 1, "{context}: charged twice: {kept:#?}");
    assert!(done(&operations, OperationKind::Capture).len() <= 1, "{context}: captured twice");
    let events = rig.files.events().await;
    assert_eq!(events.iter().filter(|event| event.kind == "order.placed").count(), 1, "{context}");
    for balance in rig.files.store.balances().await.unwrap() {
        assert_eq!(balance.difference, 0, "{context}: the ledger does not balance");
    }
}

/// Compares payment's totals with the gateway's, except for operations that need attention.
async fn compare(rig: &FaultRig, context: &str) {
    let operations = rig.files.operations().await;
    let sum = |kind| done(&operations, kind).iter().map(|one| one.amount).sum::<i64>();
    for payment in rig.files.payments().await.iter().filter(|payment| payment.state == State::Placed) {
        let unresolved = payment.operations.iter().any(|operation| operation.state == OperationState::NeedsAttention);
        let totals = payment.totals();
        assert_eq!(totals.captured.amount, sum(OperationKind::Capture), "{context}");
        assert!(
            unresolved || totals.refunded.amount == sum(OperationKind::Refund),
            "{context}: {payment:#?} {operations:#?}"
        );
        assert!(sum(OperationKind::Refund) <= sum(OperationKind::Capture), "{context}: refunded more than captured");
        assert!(payment.discrepancies.is_empty(), "{context}: {:?}", payment.discrepancies);
        assert_eq!(payment.receipt_number.as_deref(), Some("R-000001"), "{context}");
    }
}

async fn bought(faults: Faults, holder: &str, context: &str) -> (usize, FaultRig) {
    let rig = FaultRig::new(faults.clone()).await;
    buy(&rig, &faults, holder).await;
    let calls = faults.calls();
    settle(&rig, &faults).await;
    audit(&rig, context).await;
    (calls, rig)
}

async fn under_any_fault(holder: &str, least: usize) {
    let (calls, _) = bought(Faults::none(), holder, "nothing").await;
    assert!(calls >= least, "only {calls} calls were seen");
    for n in 0..calls {
        for fault in Fault::ALL {
            let context = format!("{holder}: {fault:?} at call {n}");
            let (_, rig) = bought(Faults::at(n, fault), holder, &context).await;
            assert_eq!(rig.stock.with(|stock| stock.reserved()), 1, "{context}");
        }
    }
}

#[tokio::test]
async fn a_checkout_ends_in_one_order_whatever_call_goes_wrong() {
    under_any_fault("Ada", 7).await;
}

#[tokio::test]
async fn a_refusal_and_the_next_card_end_in_one_order_whatever_call_goes_wrong() {
    under_any_fault("REFUSED51", 12).await;
}

#[tokio::test]
async fn a_lost_response_places_one_order_under_any_fault() {
    under_any_fault("LOST", 9).await;
}

#[tokio::test]
async fn a_challenge_places_one_order_under_any_fault() {
    under_any_fault("CHALLENGE", 10).await;
}

async fn run_commands(faults: Faults, context: &str) -> usize {
    let rig = FaultRig::new(Faults::none()).await;
    buy(&rig, &Faults::none(), "Ada").await;
    let order = rig.payment().await.order_id;
    // The same stores in a process with faults.
    let rig = rig.with_faults(faults.clone());
    let state = command(&rig, &faults, order, "capture", MoneyCommand::Capture { amount: None }).await;
    assert_eq!(state, CommandState::Done, "{context}");
    let back = command(&rig, &faults, order, "refund", MoneyCommand::Refund { amount: usd(700) }).await;
    let undone = command(&rig, &faults, order, "undo", MoneyCommand::Undo).await;
    let calls = faults.calls();
    settle(&rig, &faults).await;
    audit(&rig, context).await;
    compare(&rig, context).await;
    let payment = rig.payment().await;
    let unresolved =
        payment.operations.iter().filter(|operation| operation.state == OperationState::NeedsAttention).count();
    if unresolved == 0 {
        assert_eq!((&back, &undone), (&CommandState::Done, &CommandState::Done), "{context}");
        assert_eq!(payment.totals().refunded, payment.totals().captured, "{context}");
    }
    calls
}

#[tokio::test]
async fn money_moves_once_per_step_under_any_fault() {
    let calls = run_commands(Faults::none(), "nothing").await;
    assert!(calls >= 12, "only {calls} calls were seen");
    for n in 0..calls {
        for fault in Fault::ALL {
            run_commands(Faults::at(n, fault), &format!("{fault:?} at call {n}")).await;
        }
    }
}

#[tokio::test]
async fn an_unsent_partial_refund_is_sent_by_one_of_two_replicas() {
    for n in 0.. {
        let rig = FaultRig::new(Faults::none()).await;
        buy(&rig, &Faults::none(), "Ada").await;
        let order = rig.payment().await.order_id;
        command(&rig, &Faults::none(), order, "capture", MoneyCommand::Capture { amount: None }).await;
        let refund = CommandRequest {
            step_key: "refund".into(),
            command: MoneyCommand::Refund { amount: usd(700) },
            manual_note: None,
        };
        rig.connection.cut(true);
        assert_eq!(rig.engine.command(order, &refund).await.unwrap().state, CommandState::Pending);
        rig.connection.cut(false);
        rig.env.advance(SignedDuration::from_secs(60));
        let (faults, other) = (Faults::none(), rig.engine.clone());
        faults.then_meanwhile(n, async move {
            other.process_due().await.unwrap();
        });
        let rig = rig.with_faults(faults.clone());
        rig.engine.process_due().await.unwrap();
        let calls = faults.calls();
        settle(&rig, &Faults::none()).await;
        compare(&rig, &format!("another replica before call {n}")).await;
        assert_eq!(rig.payment().await.totals().refunded, usd(700), "before call {n}");
        if calls <= n {
            return;
        }
    }
}
