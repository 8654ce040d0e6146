//! Money commands of workflows: capture, refund, undo, each keyed by the step that requests it.

mod plan;

use crate::engine::Engine;
use crate::operation::{Links, MANUAL, OperationState, PaymentOperation};
use crate::payment::{Effects, Fact, NewOperation, Outcome, Payment, State};
use chassis::{Problem, problem};
use contracts::payment::{CommandRequest, CommandResponse, CommandState, MoneyCommand, Refusal};
use contracts::{OrderId, PaymentId};
use jiff::Timestamp;
use plan::{CommandPlan, plan, plan_manual};

/// The maximum number of operations for one step. Undoing a partly captured payment takes a refund and a void.
const MAX_OPERATIONS: usize = 3;

impl Engine {
    /// Carries out a command for an order. A repeated request for the same step has no further effect.
    ///
    /// # Errors
    /// 404 when there is no such order, 503 when the store is unavailable.
    pub async fn command(&self, order: OrderId, request: &CommandRequest) -> Result<CommandResponse, Problem> {
        // Until the order is placed, checkout owns the payment and no workflow may move its money.
        let payment = self.store.find_by_order(order).await?.filter(|payment| payment.state == State::Placed);
        let payment = payment.ok_or_else(|| problem::NOT_FOUND.detail("Order not found."))?;
        if let Some(staff_note) = &request.manual_note {
            return self.record_manual(payment.id, request, staff_note).await;
        }
        let mut payment = self.query_needing_attention(payment).await?;
        for _ in 0..MAX_OPERATIONS {
            let (changed, started) = self.start_next(&payment, request).await?;
            payment = changed;
            let Some(number) = started else { break };
            payment = self.send(&payment, number, None).await?;
            // Only a success may be followed by another operation. Any other outcome is settled by a query, a webhook
            // or staff.
            if payment.operation(number).is_none_or(|operation| operation.state != OperationState::Succeeded) {
                break;
            }
        }
        self.report(payment, request).await
    }

    /// Records that staff carried out a step outside all gateways: what is left of it becomes manual operations.
    async fn record_manual(
        &self,
        id: PaymentId,
        request: &CommandRequest,
        staff_note: &str,
    ) -> Result<CommandResponse, Problem> {
        let now = self.system.now();
        let payment = self
            .change(id, |payment| {
                let mut effects = Effects::default();
                let settled = |one: &&PaymentOperation| {
                    one.state == OperationState::NeedsAttention && is_settled_by(payment, one, request)
                };
                let unresolved: Vec<PaymentOperation> = payment.operations.iter().filter(settled).cloned().collect();
                for operation in unresolved {
                    payment.apply(manual_fact(&operation, staff_note, now), &mut effects);
                }
                for _ in 0..MAX_OPERATIONS {
                    let (CommandPlan::Send(new) | CommandPlan::RequireManualAction(new)) =
                        plan_manual(payment, request)
                    else {
                        break;
                    };
                    let number = payment.start(NewOperation { gateway: MANUAL.to_owned(), ..new }, now);
                    if let Some(operation) = payment.operation(number).cloned() {
                        payment.apply(fact(&operation, succeeded(&operation, staff_note), now), &mut effects);
                    }
                }
                Ok(effects)
            })
            .await?;
        let state = match plan_manual(&payment, request) {
            // Staff report it as done. A refusal here means that nothing is left to record, which is fine.
            CommandPlan::Answer(CommandState::Refused { .. }) => CommandState::Done,
            CommandPlan::Answer(state) => state,
            CommandPlan::Send(_) | CommandPlan::RequireManualAction(_) => CommandState::Pending,
        };
        Ok(response(state, &payment, request))
    }

    /// Stores the next operation of a step and returns its number, if there is one. The decision is made inside the
    /// transaction, so that only one of two concurrent callers starts and sends it.
    async fn start_next(&self, payment: &Payment, request: &CommandRequest) -> Result<(Payment, Option<u32>), Problem> {
        let now = self.system.now();
        self.change_with(payment.id, |payment| {
            let mut effects = Effects::default();
            let started = match plan(payment, request) {
                CommandPlan::RequireManualAction(new) => {
                    let number = payment.start(new, now);
                    // There is nothing to send: the operation becomes a task for staff in the same transaction.
                    payment.require_manual_action(number, now, &mut effects);
                    None
                }
                CommandPlan::Send(new) => Some(payment.start(new, now)),
                CommandPlan::Answer(_) => None,
            };
            Ok((effects, started))
        })
        .await
    }

    /// Queries operations that need attention, since the gateway may know their outcome by now and it counts before
    /// anything else is done.
    async fn query_needing_attention(&self, payment: Payment) -> Result<Payment, Problem> {
        let unresolved: Vec<PaymentOperation> =
            payment.operations.iter().filter(|one| one.state == OperationState::NeedsAttention).cloned().collect();
        let mut payment = payment;
        for operation in unresolved {
            payment = self.query(&payment, &operation).await?;
        }
        Ok(payment)
    }

    async fn report(&self, payment: Payment, request: &CommandRequest) -> Result<CommandResponse, Problem> {
        let is_open = |operation: &PaymentOperation| {
            operation.step_key.as_deref() == Some(request.step_key.as_str())
                && matches!(
                    operation.state,
                    OperationState::Unknown | OperationState::Challenged | OperationState::NeedsAttention
                )
        };
        if !payment.operations.iter().any(is_open) {
            return Ok(response(command_state(&payment, request), &payment, request));
        }
        // Marked in a transaction: an outcome that arrives after this read triggers the event for the workflow, and one
        // that arrived before it is in the response.
        let payment = self
            .change(payment.id, |payment| {
                if let Some(operation) = payment.operations.iter_mut().find(|operation| is_open(operation)) {
                    operation.awaited = true;
                }
                Ok(Effects::default())
            })
            .await?;
        Ok(response(command_state(&payment, request), &payment, request))
    }
}

/// Returns true if a manual note about `request` settles this operation: one of the same step or, when undoing, any
/// operation on the order's money.
fn is_settled_by(payment: &Payment, operation: &PaymentOperation, request: &CommandRequest) -> bool {
    let undone = request.command == MoneyCommand::Undo && operation.target == payment.placed_by;
    undone || operation.step_key.as_deref() == Some(request.step_key.as_str())
}

/// The outcome of an unresolved operation once staff report the step as done. A manual task succeeded; an operation sent
/// to a gateway counts as refused, as its money was moved manually instead.
fn manual_fact(operation: &PaymentOperation, staff_note: &str, at: Timestamp) -> Fact {
    let refusal = Refusal { code: MANUAL.into(), reason: format!("Carried out manually instead. {staff_note}") };
    let is_task = operation.is_manual_task();
    fact(operation, if is_task { succeeded(operation, staff_note) } else { Outcome::Refused { refusal } }, at)
}

fn succeeded(operation: &PaymentOperation, staff_note: &str) -> Outcome {
    Outcome::Succeeded { gateway_id: staff_note.to_owned(), amount: operation.amount, captured: false }
}

fn fact(operation: &PaymentOperation, outcome: Outcome, at: Timestamp) -> Fact {
    Fact { reference: operation.reference.clone(), outcome, links: Links::new(), at }
}

fn response(state: CommandState, payment: &Payment, request: &CommandRequest) -> CommandResponse {
    let of_step = |one: &&PaymentOperation| one.step_key.as_deref() == Some(request.step_key.as_str());
    let done = payment.operations.iter().filter(of_step).filter(|one| one.state == OperationState::Succeeded);
    // Per step, since several steps may each refund a part of the order.
    let moved = payment.amount().currency.minor(done.map(|one| one.amount.amount).sum());
    CommandResponse { state, totals: payment.totals(), moved, receipt_number: payment.receipt_number.clone() }
}

/// The state of a step after the latest operation.
fn command_state(payment: &Payment, request: &CommandRequest) -> CommandState {
    match plan(payment, request) {
        CommandPlan::Answer(state) => state,
        // A blocking operation was settled in between; the workflow repeats its request.
        CommandPlan::Send(_) | CommandPlan::RequireManualAction(_) => CommandState::Pending,
    }
}
