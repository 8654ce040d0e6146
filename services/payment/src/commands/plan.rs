//! What is to be done for a step of a workflow, by what is known of the order's money: pure.

use crate::attempt::{PaymentOperation, OperationKind, OperationState, MANUAL};
use crate::payment::{Payment, Wanted};
use contracts::Money;
use contracts::payment::{CommandRequest, CommandState, MoneyCommand};

/// What is to be done for a step.
pub(super) enum Plan {
    /// Nothing: it is done, or cannot be.
    Answer(CommandState),
    /// This command is to be kept and sent.
    Send(Wanted),
    /// This is to be kept, and done by a person: no gateway can.
    LeaveToAPerson(Wanted),
}

/// What is to be done next for a step.
pub(super) fn plan(payment: &Payment, request: &CommandRequest) -> Plan {
    match last_of(payment, request) {
        Some(last) if last.state == OperationState::NeedsAttention => parked(last.to_be_done()),
        Some(last) if matches!(last.state, OperationState::Refused | OperationState::Failed) => {
            refused(last.refusal.as_ref().map_or("refused", |refusal| refusal.reason.as_str()))
        }
        _ => remaining(payment, request),
    }
}

fn last_of<'p>(payment: &'p Payment, request: &CommandRequest) -> Option<&'p PaymentOperation> {
    payment.operations.iter().rfind(|attempt| attempt.step_key.as_deref() == Some(request.step_key.as_str()))
}

/// What is left to do for a step of which no command has come to nothing.
fn remaining(payment: &Payment, request: &CommandRequest) -> Plan {
    // Undoing may take several commands, one after the other.
    let last = last_of(payment, request).map(|attempt| attempt.state);
    if last == Some(OperationState::Succeeded) && request.command != MoneyCommand::Undo {
        return Plan::Answer(CommandState::Done);
    }
    if busy(payment) {
        return Plan::Answer(CommandState::Pending);
    }
    match request.command {
        MoneyCommand::Capture { amount } => capture(payment, request, amount),
        MoneyCommand::Refund { amount } => refund(payment, request, amount),
        MoneyCommand::Undo => undo(payment, request),
    }
}

fn refused(reason: &str) -> Plan {
    Plan::Answer(CommandState::Refused { reason: reason.to_owned() })
}

fn parked(reason: &str) -> Plan {
    Plan::Answer(CommandState::NeedsAttention { reason: reason.to_owned() })
}

fn send(kind: OperationKind, about: &PaymentOperation, amount: i64, whole: bool, request: &CommandRequest) -> Plan {
    Plan::Send(wanted(kind, about, amount, whole, request))
}

fn wanted(kind: OperationKind, about: &PaymentOperation, amount: i64, whole: bool, request: &CommandRequest) -> Wanted {
    Wanted {
        kind,
        step_key: Some(request.step_key.clone()),
        target: Some(about.number),
        amount: about.amount.currency.minor(amount),
        whole,
        gateway: about.gateway.clone(),
        method: about.method.clone(),
        instrument: None,
        browser: None,
        request: None,
    }
}

/// Whether a command of another step is under way: one thing after the other. Letting go of an authorisation that
/// turned up too late is about other money.
fn busy(payment: &Payment) -> bool {
    payment.operations.iter().any(|attempt| attempt.step_key.is_some() && !attempt.state.is_final())
}

fn capture(payment: &Payment, request: &CommandRequest, amount: Option<Money>) -> Plan {
    if payment.amount().is_zero() {
        return Plan::Answer(CommandState::Done);
    }
    let Some(standing) = payment.authorisation() else { return refused("The payment is no longer authorised.") };
    if let Some(plan) = unknown_before(payment, standing) {
        return plan;
    }
    let left = payment.left_to_capture(standing);
    match amount {
        None if left == 0 => Plan::Answer(CommandState::Done),
        None => send(OperationKind::Capture, standing, left, left == standing.amount.amount, request),
        Some(amount) if amount.currency != standing.amount.currency => {
            refused("The order is paid in another currency.")
        }
        Some(amount) if (1..=left).contains(&amount.amount) => {
            let whole = amount.amount == standing.amount.amount;
            send(OperationKind::Capture, standing, amount.amount, whole, request)
        }
        Some(_) => refused("More than is authorised cannot be taken."),
    }
}

fn refund(payment: &Payment, request: &CommandRequest, amount: Money) -> Plan {
    if amount.is_zero() {
        return Plan::Answer(CommandState::Done);
    }
    let Some(standing) = payment.placed_with() else { return refused("Nothing was taken.") };
    let left = payment.left_to_refund(standing) - perhaps_refunded(payment, standing);
    if amount.currency != standing.amount.currency {
        return refused("The order was paid in another currency.");
    }
    if payment.done(OperationKind::Capture, standing.number) == 0 {
        return refused("Nothing was taken yet.");
    }
    if !(1..=left).contains(&amount.amount) {
        return refused("More than was taken cannot be given back.");
    }
    give_back(payment, standing, amount.amount, request)
}

/// Commands of which nobody knows yet whether they were carried out.
fn open_ended<'p>(payment: &'p Payment, standing: &PaymentOperation) -> impl Iterator<Item = &'p PaymentOperation> {
    let number = standing.number;
    payment.operations.iter().filter(move |one| one.target == Some(number) && one.state == OperationState::NeedsAttention)
}

/// What may have been given back without anybody knowing yet.
fn perhaps_refunded(payment: &Payment, standing: &PaymentOperation) -> i64 {
    open_ended(payment, standing).filter(|one| one.kind == OperationKind::Refund).map(|one| one.amount.amount).sum()
}

/// Why nothing more is taken, or undone, before the outcome of everything before is known.
fn unknown_before(payment: &Payment, standing: &PaymentOperation) -> Option<Plan> {
    open_ended(payment, standing).next().map(|before| parked(before.to_be_done()))
}

/// What of the money is with the gateway and can be given back there: what was paid by hand it never had.
fn left_there(payment: &Payment, standing: &PaymentOperation) -> i64 {
    let there = |kind| payment.done_where(kind, standing.number, |one| one.gateway == standing.gateway);
    there(OperationKind::Capture) - there(OperationKind::Refund) - payment.charged_back(standing)
}

/// A refund by the gateway, or by a person where the gateway does not have as much.
fn give_back(payment: &Payment, standing: &PaymentOperation, amount: i64, request: &CommandRequest) -> Plan {
    if amount <= left_there(payment, standing) {
        return send(OperationKind::Refund, standing, amount, is_whole(payment, standing, amount), request);
    }
    let refund = wanted(OperationKind::Refund, standing, amount, false, request);
    Plan::LeaveToAPerson(Wanted { gateway: MANUAL.to_owned(), ..refund })
}

/// Whether a refund gives back all that one capture took, so that it could not be made twice.
fn is_whole(payment: &Payment, standing: &PaymentOperation, amount: i64) -> bool {
    let there = |one: &PaymentOperation| one.gateway == standing.gateway;
    let taken = payment.done_where(OperationKind::Capture, standing.number, there);
    let captures = payment.operations.iter().filter(|one| one.kind == OperationKind::Capture && one.whole && there(one));
    amount == taken && captures.into_iter().any(|one| one.target == Some(standing.number) && one.amount.amount == taken)
}

/// Gives back what was taken, and lets go of what is still held.
fn undo(payment: &Payment, request: &CommandRequest) -> Plan {
    let Some(standing) = payment.placed_with() else { return Plan::Answer(CommandState::Done) };
    if let Some(plan) = unknown_before(payment, standing) {
        return plan;
    }
    let (taken, held) = (payment.left_to_refund(standing), payment.left_to_capture(standing));
    if taken > 0 {
        let there = left_there(payment, standing).clamp(0, taken);
        return give_back(payment, standing, if there > 0 { there } else { taken }, request);
    }
    if held > 0 {
        return send(OperationKind::Void, standing, held, true, request);
    }
    Plan::Answer(CommandState::Done)
}

/// What is left to record of a step that a person did another way: an order may be paid although nothing is held any
/// more, and no more is given back than is left.
pub(super) fn manual_note(payment: &Payment, request: &CommandRequest) -> Plan {
    let Some(standing) = payment.placed_with() else { return remaining(payment, request) };
    let is_done = last_of(payment, request).is_some_and(|last| last.state == OperationState::Succeeded);
    match request.command {
        MoneyCommand::Capture { .. } if !is_done && !busy(payment) => {
            let left = payment.amount().amount - payment.done(OperationKind::Capture, standing.number);
            if left == 0 {
                return Plan::Answer(CommandState::Done);
            }
            send(OperationKind::Capture, standing, left, left == standing.amount.amount, request)
        }
        MoneyCommand::Refund { amount } => {
            let left = payment.left_to_refund(standing) - perhaps_refunded(payment, standing);
            let within = amount.currency.minor(amount.amount.min(left.max(0)));
            remaining(payment, &CommandRequest { command: MoneyCommand::Refund { amount: within }, ..request.clone() })
        }
        MoneyCommand::Capture { .. } | MoneyCommand::Undo => remaining(payment, request),
    }
}
