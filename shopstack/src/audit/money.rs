//! Money: every authorisation and capture at the gateway belongs to one order, and the ledger adds up.

use super::{Books, Class, Report};
use chassis::StoreError;
use contracts::PaymentId;
use jiff::{SignedDuration, Timestamp};
use payment::attempt::{AttemptKind, AttemptState};
use payment::gateway::sandbox::{Operation, OperationState};
use payment::payment::{Payment, State};
use std::collections::{HashMap, HashSet};

const PAGE: usize = 500;
/// What is due for longer than this is not being looked after.
const OVERDUE: SignedDuration = SignedDuration::from_mins(10);

pub(super) async fn read(books: &Books, now: Timestamp, report: &mut Report) -> Result<(), StoreError> {
    let operations = sandbox_operations(books).await?;
    let (mut known, mut carts) = (HashSet::new(), HashMap::new());
    let mut after: Option<PaymentId> = None;
    loop {
        let page = books.payments.after(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        report.payments += page.len();
        for payment in &page {
            look_at(payment, now, report);
            compare(payment, &operations, &mut known, report);
            if payment.state == State::Placed
                && let Some(other) = carts.insert(payment.cart.cart_id, payment.order_id)
            {
                report.add(
                    Class::Violation,
                    2,
                    payment.order_id,
                    format!("its cart was paid for by order {other} as well"),
                );
            }
        }
    }
    for operation in operations.values().filter(|operation| !known.contains(&operation.reference)) {
        report.add(Class::Violation, 2, &operation.reference, "the gateway knows of it, no payment does");
    }
    for balance in books.payments.balances().await? {
        if balance.difference != 0 {
            let told = format!("debits and credits differ by {}", balance.difference);
            report.add(Class::Violation, 5, balance.currency, told);
        }
    }
    Ok(())
}

async fn sandbox_operations(books: &Books) -> Result<HashMap<String, Operation>, StoreError> {
    let mut operations = HashMap::new();
    let Some(sandbox) = &books.sandbox else { return Ok(operations) };
    let mut after = String::new();
    loop {
        let page = sandbox.after(&after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(operations) };
        after.clone_from(&last.reference);
        operations.extend(page.into_iter().map(|operation| (operation.reference.clone(), operation)));
    }
}

fn look_at(payment: &Payment, now: Timestamp, report: &mut Report) {
    let sums = payment.sums();
    if sums.refunded.amount > sums.captured.amount || sums.captured.amount > sums.authorised.amount {
        let told = format!("authorised {}, captured {}, refunded {}", sums.authorised, sums.captured, sums.refunded);
        report.add(Class::Violation, 5, payment.order_id, told);
    }
    for contradiction in &payment.contradictions {
        report.add(Class::Parked, 2, payment.order_id, contradiction.clone());
    }
    if payment.attempts.iter().any(|attempt| attempt.state == AttemptState::Parked) {
        report.add(Class::Parked, 2, payment.order_id, "the outcome of a command cannot be found out");
    }
    match (payment.state, payment.due_at()) {
        (State::Placed | State::Closed, None) => {}
        (_, Some(due)) if due.saturating_add(OVERDUE).unwrap_or(due) < now => {
            report.add(Class::Violation, 2, payment.order_id, format!("it should have been looked after at {due}"));
        }
        (State::Placed | State::Closed, Some(_)) => {}
        _ => report.add(Class::InProgress, 2, payment.order_id, format!("{:?}", payment.state)),
    }
}

/// Holds our attempts against the gateway's operations.
fn compare(
    payment: &Payment,
    operations: &HashMap<String, Operation>,
    known: &mut HashSet<String>,
    report: &mut Report,
) {
    for attempt in &payment.attempts {
        known.insert(attempt.reference.clone());
        if attempt.gateway != "sandbox" {
            continue;
        }
        let theirs = operations.get(&attempt.reference);
        let done = theirs.filter(|operation| operation.state == OperationState::Done);
        match (attempt.state, done) {
            (AttemptState::Succeeded, Some(operation)) if operation.amount == attempt.amount => {}
            (AttemptState::Succeeded, Some(operation)) => {
                let told =
                    format!("{} was done for {} there, {} here", attempt.reference, operation.amount, attempt.amount);
                report.add(Class::Violation, 2, payment.order_id, told);
            }
            (AttemptState::Succeeded, None) => {
                report.add(
                    Class::Violation,
                    2,
                    payment.order_id,
                    format!("the gateway has not done {}", attempt.reference),
                );
            }
            (AttemptState::Refused, Some(_)) => {
                report.add(
                    Class::Violation,
                    2,
                    payment.order_id,
                    format!("the gateway has done {}", attempt.reference),
                );
            }
            (
                AttemptState::Unknown | AttemptState::Challenged | AttemptState::Abandoned | AttemptState::Parked,
                Some(_),
            ) => {
                report.add(Class::InProgress, 2, payment.order_id, format!("{} is being resolved", attempt.reference));
            }
            (_, None) => {}
        }
    }
    orphaned(payment, operations, report);
}

/// An authorisation of a payment that came to nothing has to be let go.
fn orphaned(payment: &Payment, operations: &HashMap<String, Operation>, report: &mut Report) {
    let standing = payment.authorisation().map(|attempt| attempt.number);
    for attempt in payment.attempts.iter().filter(|attempt| attempt.kind == AttemptKind::Authorise) {
        let held = attempt.state == AttemptState::Succeeded && operations.contains_key(&attempt.reference);
        let voided =
            payment.attempts.iter().any(|one| one.kind == AttemptKind::Void && one.target == Some(attempt.number));
        let belongs = payment.state == State::Placed && standing == Some(attempt.number);
        if held && !voided && !belongs {
            report.add(Class::Violation, 2, payment.order_id, format!("{} is held for no order", attempt.reference));
        }
    }
}
