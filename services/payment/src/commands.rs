//! Money commands of workflows: capture, refund, undo, each keyed by the step that asks for it.

mod plan;

use crate::attempt::{PaymentOperation, OperationState, MANUAL, Links};
use crate::engine::Engine;
use crate::payment::{Effects, Fact, Outcome, Payment, State, Wanted};
use chassis::{Problem, problem};
use contracts::payment::{CommandResponse, CommandRequest, CommandState, MoneyCommand, Refusal};
use contracts::{OrderId, PaymentId};
use jiff::Timestamp;
use plan::{Plan, manual_note, plan};
use std::sync::atomic::{AtomicU32, Ordering};

/// How many commands one step may take at most.
const MOST_COMMANDS: usize = 3;

impl Engine {
    /// Carries out a command for an order; asked again for the same step, it is not done again.
    ///
    /// # Errors
    /// 404 when there is no such order, 503 when the store is away.
    pub async fn command(&self, order: OrderId, request: &CommandRequest) -> Result<CommandResponse, Problem> {
        let payment = self.store.of_order(order).await?.filter(|payment| payment.state == State::Placed);
        let payment = payment.ok_or_else(|| problem::NOT_FOUND.detail("There is no such order."))?;
        if let Some(staff_note) = &request.manual_note {
            return self.record_by_hand(payment.id, request, staff_note).await;
        }
        let mut payment = self.ask_about_parked(payment).await?;
        // What is undone was perhaps taken in part: then one command follows the other.
        for _ in 0..MOST_COMMANDS {
            let (kept, number) = self.next(&payment, request).await?;
            payment = kept;
            if number == 0 {
                break;
            }
            payment = self.send(&payment, number, None).await?;
            if payment.attempt(number).is_none_or(|attempt| attempt.state != OperationState::Succeeded) {
                break;
            }
        }
        self.report(payment, request).await
    }

    /// A person did it another way: what is left of it to do is recorded as done by hand.
    async fn record_by_hand(
        &self,
        id: PaymentId,
        request: &CommandRequest,
        staff_note: &str,
    ) -> Result<CommandResponse, Problem> {
        let now = self.system.now();
        let payment = self
            .change(id, |payment| {
                let mut effects = Effects::default();
                let tasks = |one: &&PaymentOperation| one.state == OperationState::NeedsAttention && concerns(payment, one, request);
                let parked: Vec<PaymentOperation> = payment.operations.iter().filter(tasks).cloned().collect();
                for attempt in parked {
                    payment.apply(settled_by_hand(&attempt, staff_note, now), &mut effects);
                }
                for _ in 0..MOST_COMMANDS {
                    let (Plan::Send(wanted) | Plan::LeaveToAPerson(wanted)) = manual_note(payment, request) else { break };
                    let number = payment.start(Wanted { gateway: MANUAL.to_owned(), ..wanted }, now);
                    if let Some(attempt) = payment.attempt(number).cloned() {
                        payment.apply(fact(&attempt, done(&attempt, staff_note), now), &mut effects);
                    }
                }
                Ok(effects)
            })
            .await?;
        let state = match manual_note(&payment, request) {
            // A person says that it is done; what cannot be recorded any more, because nothing is left, need not be.
            Plan::Answer(CommandState::Refused { .. }) => CommandState::Done,
            Plan::Answer(state) => state,
            Plan::Send(_) | Plan::LeaveToAPerson(_) => CommandState::Pending,
        };
        Ok(answer(state, &payment, request))
    }

    /// Keeps the next command of a step; answers its number, 0 when there is none. Decided within the change, so that of
    /// two callers of one step one alone starts and sends its attempt.
    async fn next(&self, payment: &Payment, request: &CommandRequest) -> Result<(Payment, u32), Problem> {
        let now = self.system.now();
        let started = AtomicU32::new(0);
        let kept = self
            .change(payment.id, |payment| {
                let mut effects = Effects::default();
                let number = match plan(payment, request) {
                    Plan::LeaveToAPerson(wanted) => {
                        let number = payment.start(wanted, now);
                        payment.leave_to_a_person(number, now, &mut effects);
                        0
                    }
                    Plan::Send(wanted) => payment.start(wanted, now),
                    Plan::Answer(_) => 0,
                };
                started.store(number, Ordering::Relaxed);
                Ok(effects)
            })
            .await?;
        Ok((kept, started.load(Ordering::Relaxed)))
    }

    /// What was parked because its outcome could not be found out may be known by now: it counts before more is done.
    async fn ask_about_parked(&self, payment: Payment) -> Result<Payment, Problem> {
        let parked: Vec<PaymentOperation> =
            payment.operations.iter().filter(|one| one.state == OperationState::NeedsAttention).cloned().collect();
        let mut payment = payment;
        for attempt in parked {
            payment = self.ask(&payment, &attempt).await?;
        }
        Ok(payment)
    }

    async fn report(&self, payment: Payment, request: &CommandRequest) -> Result<CommandResponse, Problem> {
        let waits = |attempt: &PaymentOperation| {
            attempt.step_key.as_deref() == Some(request.step_key.as_str())
                && matches!(attempt.state, OperationState::Unknown | OperationState::Challenged | OperationState::NeedsAttention)
        };
        if !payment.operations.iter().any(waits) {
            return Ok(answer(standing(&payment, request), &payment, request));
        }
        // The workflow will wait for the event; should the outcome have come in between, it is told at once.
        let payment = self
            .change(payment.id, |payment| {
                if let Some(attempt) = payment.operations.iter_mut().find(|attempt| waits(attempt)) {
                    attempt.awaited = true;
                }
                Ok(Effects::default())
            })
            .await?;
        Ok(answer(standing(&payment, request), &payment, request))
    }
}

/// Whether what a person says about a command settles this attempt: that of the same step; undoing, all about the order's
/// money.
fn concerns(payment: &Payment, attempt: &PaymentOperation, request: &CommandRequest) -> bool {
    let undone = request.command == MoneyCommand::Undo && attempt.target == payment.placed_by;
    undone || attempt.step_key.as_deref() == Some(request.step_key.as_str())
}

/// What was a person's task is done. What a gateway was asked for, and nobody knows whether it did it, it did not, says the
/// person who did it another way.
fn settled_by_hand(attempt: &PaymentOperation, staff_note: &str, at: Timestamp) -> Fact {
    let refusal = Refusal { code: MANUAL.into(), reason: format!("It was done by hand instead. {staff_note}") };
    fact(attempt, if attempt.is_task() { done(attempt, staff_note) } else { Outcome::Refused { refusal } }, at)
}

fn done(attempt: &PaymentOperation, staff_note: &str) -> Outcome {
    Outcome::Succeeded { gateway_id: staff_note.to_owned(), amount: attempt.amount, taken: false }
}

fn fact(attempt: &PaymentOperation, outcome: Outcome, at: Timestamp) -> Fact {
    Fact { reference: attempt.reference.clone(), outcome, links: Links::new(), at }
}

fn answer(state: CommandState, payment: &Payment, request: &CommandRequest) -> CommandResponse {
    let of_step = |one: &&PaymentOperation| one.step_key.as_deref() == Some(request.step_key.as_str());
    let done = payment.operations.iter().filter(of_step).filter(|one| one.state == OperationState::Succeeded);
    let moved = payment.amount().currency.minor(done.map(|one| one.amount.amount).sum());
    CommandResponse { state, totals: payment.totals(), moved, receipt_number: payment.receipt_number.clone() }
}

/// How a step stands after whatever was done.
fn standing(payment: &Payment, request: &CommandRequest) -> CommandState {
    match plan(payment, request) {
        Plan::Answer(state) => state,
        // What stood in its way is gone meanwhile. The workflow asks again.
        Plan::Send(_) | Plan::LeaveToAPerson(_) => CommandState::Pending,
    }
}
