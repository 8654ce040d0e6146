//! Decides the next operation for a workflow step from the known state of the order's money. Pure.

use crate::operation::{MANUAL, OperationKind, OperationState, PaymentOperation};
use crate::payment::{NewOperation, Payment};
use contracts::Money;
use contracts::payment::{CommandRequest, CommandState, MoneyCommand};

/// The next action for a step.
pub(super) enum CommandPlan {
    /// No operation is needed, or possible now.
    Answer(CommandState),
    /// Store and send this operation.
    Send(NewOperation),
    /// Store this operation as a task for staff, since no gateway can carry it out.
    RequireManualAction(NewOperation),
}

/// Decides the next action for a step.
pub(super) fn plan(payment: &Payment, request: &CommandRequest) -> CommandPlan {
    match last_of(payment, request) {
        Some(last) if last.state == OperationState::NeedsAttention => needs_attention(last.attention_reason()),
        // What could not be voided any more is refunded.
        Some(last) if request.command == MoneyCommand::Undo && has_nothing_to_void(payment, last) => {
            remaining(payment, request)
        }
        Some(last) if matches!(last.state, OperationState::Refused | OperationState::Failed) => {
            // A definite refusal remains the answer for this step. The workflow retries under a new step key.
            refused(last.refusal.as_ref().map_or("refused", |refusal| refusal.reason.as_str()))
        }
        _ => remaining(payment, request),
    }
}

/// Returns true for a refused void of an authorisation that holds nothing any more: it was captured, or has expired.
fn has_nothing_to_void(payment: &Payment, void: &PaymentOperation) -> bool {
    let target = void.target.and_then(|number| payment.operation(number));
    void.kind == OperationKind::Void
        && void.state == OperationState::Refused
        && target.is_some_and(|authorisation| payment.capturable(authorisation) == 0)
}

fn last_of<'p>(payment: &'p Payment, request: &CommandRequest) -> Option<&'p PaymentOperation> {
    payment.operations.iter().rfind(|operation| operation.step_key.as_deref() == Some(request.step_key.as_str()))
}

/// Decides what is left to do for a step whose latest operation has not failed.
fn remaining(payment: &Payment, request: &CommandRequest) -> CommandPlan {
    // Undo may take several operations in sequence, so one success does not complete it.
    let last = last_of(payment, request).map(|operation| operation.state);
    if last == Some(OperationState::Succeeded) && request.command != MoneyCommand::Undo {
        return CommandPlan::Answer(CommandState::Done);
    }
    if has_open_command(payment) {
        return CommandPlan::Answer(CommandState::Pending);
    }
    match request.command {
        MoneyCommand::Capture { amount } => capture(payment, request, amount),
        MoneyCommand::Refund { amount } => refund(payment, request, amount),
        MoneyCommand::Undo => undo(payment, request),
    }
}

fn refused(reason: &str) -> CommandPlan {
    CommandPlan::Answer(CommandState::Refused { reason: reason.to_owned() })
}

fn needs_attention(reason: &str) -> CommandPlan {
    CommandPlan::Answer(CommandState::NeedsAttention { reason: reason.to_owned() })
}

fn send(
    kind: OperationKind,
    about: &PaymentOperation,
    amount: i64,
    full: bool,
    request: &CommandRequest,
) -> CommandPlan {
    CommandPlan::Send(new_operation(kind, about, amount, full, request))
}

fn new_operation(
    kind: OperationKind,
    about: &PaymentOperation,
    amount: i64,
    full: bool,
    request: &CommandRequest,
) -> NewOperation {
    NewOperation {
        kind,
        step_key: Some(request.step_key.clone()),
        target: Some(about.number),
        amount: about.amount.currency.minor(amount),
        full,
        gateway: about.gateway.clone(),
        method: about.method.clone(),
        instrument: None,
        browser: None,
        request: None,
    }
}

/// Returns true while an operation of any step is in progress, since operations run one at a time. Automatic reversals
/// of late authorisations have no step and concern other money.
fn has_open_command(payment: &Payment) -> bool {
    payment.operations.iter().any(|operation| operation.step_key.is_some() && !operation.state.is_final())
}

fn capture(payment: &Payment, request: &CommandRequest, amount: Option<Money>) -> CommandPlan {
    // Free orders have no authorisation.
    if payment.amount().is_zero() {
        return CommandPlan::Answer(CommandState::Done);
    }
    let Some(authorisation) = payment.authorisation() else { return refused("The payment is no longer authorised.") };
    if let Some(plan) = blocked_by_unresolved(payment, authorisation) {
        return plan;
    }
    let left = payment.capturable(authorisation);
    match amount {
        // The rest expired after a part was captured.
        None if left == 0 && has_uncaptured_rest(payment, authorisation) => {
            refused("The rest is no longer authorised.")
        }
        // Captured already, for example by the gateway itself on a hosted page.
        None if left == 0 => CommandPlan::Answer(CommandState::Done),
        None => send(OperationKind::Capture, authorisation, left, left == authorisation.amount.amount, request),
        Some(amount) if amount.currency != authorisation.amount.currency => {
            refused("The order is paid in another currency.")
        }
        // A workflow may have learned of an earlier capture in another way.
        Some(amount) if amount.is_zero() => CommandPlan::Answer(CommandState::Done),
        Some(amount) if (1..=left).contains(&amount.amount) => {
            let full = amount.amount == authorisation.amount.amount;
            send(OperationKind::Capture, authorisation, amount.amount, full, request)
        }
        Some(_) => refused("The amount exceeds the authorised amount."),
    }
}

fn has_uncaptured_rest(payment: &Payment, authorisation: &PaymentOperation) -> bool {
    payment.completed_amount(OperationKind::Capture, authorisation.number) < authorisation.amount.amount
}

fn refund(payment: &Payment, request: &CommandRequest, amount: Money) -> CommandPlan {
    if amount.is_zero() {
        return CommandPlan::Answer(CommandState::Done);
    }
    let Some(authorisation) = payment.placing_authorisation() else {
        return refused("Nothing was captured for this order.");
    };
    // Unresolved refunds count as made: if they were, another one could exceed the captured amount.
    let left = payment.refundable(authorisation) - possibly_refunded(payment, authorisation);
    if amount.currency != authorisation.amount.currency {
        return refused("The order was paid in another currency.");
    }
    if payment.completed_amount(OperationKind::Capture, authorisation.number) == 0 {
        return refused("Nothing has been captured yet.");
    }
    if !(1..=left).contains(&amount.amount) {
        return refused("The amount exceeds the refundable amount.");
    }
    plan_refund(payment, authorisation, amount.amount, request)
}

/// Operations that need attention: they may or may not have been carried out.
fn unresolved_operations<'p>(
    payment: &'p Payment,
    authorisation: &PaymentOperation,
) -> impl Iterator<Item = &'p PaymentOperation> {
    let number = authorisation.number;
    payment
        .operations
        .iter()
        .filter(move |one| one.target == Some(number) && one.state == OperationState::NeedsAttention)
}

/// The sum of refunds that may have been made, in minor units.
fn possibly_refunded(payment: &Payment, authorisation: &PaymentOperation) -> i64 {
    unresolved_operations(payment, authorisation)
        .filter(|one| one.kind == OperationKind::Refund)
        .map(|one| one.amount.amount)
        .sum()
}

/// Blocks captures and undo until every earlier operation has a known outcome.
fn blocked_by_unresolved(payment: &Payment, authorisation: &PaymentOperation) -> Option<CommandPlan> {
    unresolved_operations(payment, authorisation).next().map(|before| needs_attention(before.attention_reason()))
}

/// The amount the gateway can refund. It never held money that was paid manually.
fn refundable_at_gateway(payment: &Payment, authorisation: &PaymentOperation) -> i64 {
    let there =
        |kind| payment.completed_amount_where(kind, authorisation.number, |one| one.gateway == authorisation.gateway);
    there(OperationKind::Capture) - there(OperationKind::Refund) - payment.charged_back(authorisation)
}

/// Plans a refund by the gateway, or by staff where the gateway does not hold enough.
fn plan_refund(
    payment: &Payment,
    authorisation: &PaymentOperation,
    amount: i64,
    request: &CommandRequest,
) -> CommandPlan {
    if amount <= refundable_at_gateway(payment, authorisation) {
        return send(OperationKind::Refund, authorisation, amount, is_full(payment, authorisation, amount), request);
    }
    let refund = new_operation(OperationKind::Refund, authorisation, amount, false, request);
    CommandPlan::RequireManualAction(NewOperation { gateway: MANUAL.to_owned(), ..refund })
}

/// Returns true if a refund covers exactly one full capture, so that it could not be made twice.
fn is_full(payment: &Payment, authorisation: &PaymentOperation, amount: i64) -> bool {
    let there = |one: &PaymentOperation| one.gateway == authorisation.gateway;
    let captured = payment.completed_amount_where(OperationKind::Capture, authorisation.number, there);
    let captures = payment.operations.iter().filter(|one| one.kind == OperationKind::Capture && one.full && there(one));
    amount == captured
        && captures.into_iter().any(|one| one.target == Some(authorisation.number) && one.amount.amount == captured)
}

/// Refunds what was captured, then voids what is still authorised.
fn undo(payment: &Payment, request: &CommandRequest) -> CommandPlan {
    let Some(authorisation) = payment.placing_authorisation() else { return CommandPlan::Answer(CommandState::Done) };
    if let Some(plan) = blocked_by_unresolved(payment, authorisation) {
        return plan;
    }
    let (captured, authorised) = (payment.refundable(authorisation), payment.capturable(authorisation));
    if captured > 0 {
        // The gateway refunds as much as it holds; the next step of the loop leaves the rest to staff.
        let there = refundable_at_gateway(payment, authorisation).clamp(0, captured);
        return plan_refund(payment, authorisation, if there > 0 { there } else { captured }, request);
    }
    if authorised > 0 {
        return send(OperationKind::Void, authorisation, authorised, true, request);
    }
    CommandPlan::Answer(CommandState::Done)
}

/// Decides what is left to record of a step that staff carried out manually. A manual capture needs no authorisation, and
/// a manual refund is limited to the refundable amount.
pub(super) fn plan_manual(payment: &Payment, request: &CommandRequest) -> CommandPlan {
    let Some(authorisation) = payment.placing_authorisation() else { return remaining(payment, request) };
    let is_done = last_of(payment, request).is_some_and(|last| last.state == OperationState::Succeeded);
    match request.command {
        MoneyCommand::Capture { amount } if !is_done && !has_open_command(payment) => {
            // Compared with the order's total, since the authorisation may have expired by now.
            let left = payment.amount().amount - payment.completed_amount(OperationKind::Capture, authorisation.number);
            let paid = amount.map_or(left, |amount| amount.amount.min(left));
            if paid <= 0 {
                return CommandPlan::Answer(CommandState::Done);
            }
            send(OperationKind::Capture, authorisation, paid, paid == authorisation.amount.amount, request)
        }
        MoneyCommand::Refund { amount } => {
            let left = payment.refundable(authorisation) - possibly_refunded(payment, authorisation);
            let within = amount.currency.minor(amount.amount.min(left.max(0)));
            remaining(payment, &CommandRequest { command: MoneyCommand::Refund { amount: within }, ..request.clone() })
        }
        MoneyCommand::Capture { .. } | MoneyCommand::Undo => remaining(payment, request),
    }
}
