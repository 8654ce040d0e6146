//! Money commands of workflows: capture, refund, undo, each keyed by the step that asks for it.

use crate::attempt::{Attempt, AttemptKind, AttemptState};
use crate::engine::Engine;
use crate::payment::{Effects, Payment, State, Wanted};
use chassis::{Problem, problem};
use contracts::payment::{CommandAnswer, CommandRequest, CommandState, MoneyCommand};
use contracts::{Money, OrderId};
use std::sync::atomic::{AtomicU32, Ordering};

/// How many commands one step may take at most.
const MOST_COMMANDS: usize = 3;

/// What is to be done for a step.
enum Plan {
    /// Nothing: it is done, or cannot be.
    Answer(CommandState),
    /// This command is to be kept and sent.
    Send(Wanted),
}

impl Engine {
    /// Carries out a command for an order; asked again for the same step, it is not done again.
    ///
    /// # Errors
    /// 404 when there is no such order, 503 when the store is away.
    pub async fn command(&self, order: OrderId, request: &CommandRequest) -> Result<CommandAnswer, Problem> {
        let payment = self.store.of_order(order).await?.filter(|payment| payment.state == State::Placed);
        let payment = payment.ok_or_else(|| problem::NOT_FOUND.detail("There is no such order."))?;
        let mut payment = self.ask_about_parked(payment).await?;
        // What is undone was perhaps taken in part: then one command follows the other.
        for _ in 0..MOST_COMMANDS {
            let (kept, number) = self.next(&payment, request).await?;
            payment = kept;
            if number == 0 {
                break;
            }
            payment = self.send(&payment, number, None).await?;
            if payment.attempt(number).is_none_or(|attempt| attempt.state != AttemptState::Succeeded) {
                break;
            }
        }
        self.report(payment, request).await
    }

    /// Keeps the next command of a step; answers its number, 0 when there is none. Decided within the change, so that of
    /// two callers of one step one alone starts and sends its attempt.
    async fn next(&self, payment: &Payment, request: &CommandRequest) -> Result<(Payment, u32), Problem> {
        let now = self.sources.now();
        let started = AtomicU32::new(0);
        let kept = self
            .change(payment.id, |payment| {
                let number = match plan(payment, request) {
                    Plan::Send(wanted) => payment.start(wanted, now),
                    Plan::Answer(_) => 0,
                };
                started.store(number, Ordering::Relaxed);
                Ok(Effects::default())
            })
            .await?;
        Ok((kept, started.load(Ordering::Relaxed)))
    }

    /// What was parked because its outcome could not be found out may be known by now: it counts before more is done.
    async fn ask_about_parked(&self, payment: Payment) -> Result<Payment, Problem> {
        let parked: Vec<Attempt> =
            payment.attempts.iter().filter(|one| one.state == AttemptState::Parked).cloned().collect();
        let mut payment = payment;
        for attempt in parked {
            payment = self.ask(&payment, &attempt).await?;
        }
        Ok(payment)
    }

    async fn report(&self, payment: Payment, request: &CommandRequest) -> Result<CommandAnswer, Problem> {
        let waits = |attempt: &Attempt| {
            attempt.step_key.as_deref() == Some(request.step_key.as_str())
                && matches!(attempt.state, AttemptState::Unknown | AttemptState::Challenged | AttemptState::Parked)
        };
        if !payment.attempts.iter().any(waits) {
            return Ok(answer(standing(&payment, request), &payment));
        }
        // The workflow will wait for the event; should the outcome have come in between, it is told at once.
        let payment = self
            .change(payment.id, |payment| {
                if let Some(attempt) = payment.attempts.iter_mut().find(|attempt| waits(attempt)) {
                    attempt.awaited = true;
                }
                Ok(Effects::default())
            })
            .await?;
        Ok(answer(standing(&payment, request), &payment))
    }
}

fn answer(state: CommandState, payment: &Payment) -> CommandAnswer {
    CommandAnswer { state, sums: payment.sums(), receipt_number: payment.receipt_number.clone() }
}

/// How a step stands after whatever was done.
fn standing(payment: &Payment, request: &CommandRequest) -> CommandState {
    match plan(payment, request) {
        Plan::Answer(state) => state,
        // What stood in its way is gone meanwhile. The workflow asks again.
        Plan::Send(_) => CommandState::Pending,
    }
}

fn plan(payment: &Payment, request: &CommandRequest) -> Plan {
    let of_step = |attempt: &&Attempt| attempt.step_key.as_deref() == Some(request.step_key.as_str());
    let last = payment.attempts.iter().rfind(of_step);
    let undoing = request.command == MoneyCommand::Undo;
    match last.map(|attempt| (attempt.state, attempt.refusal.as_ref())) {
        Some((AttemptState::Unknown | AttemptState::Challenged, _)) => return Plan::Answer(CommandState::Pending),
        // Undoing may take several commands, one after the other.
        Some((AttemptState::Succeeded, _)) if !undoing => return Plan::Answer(CommandState::Done),
        Some((AttemptState::Parked, task)) => {
            let told = "The outcome cannot be found out. Look it up at the gateway, and say how it ended.";
            return refused(task.map_or(told, |task| task.reason.as_str()));
        }
        Some((AttemptState::Refused | AttemptState::Failed, refusal)) => {
            return refused(refusal.map_or("refused", |refusal| refusal.reason.as_str()));
        }
        Some((AttemptState::Succeeded | AttemptState::Abandoned, _)) | None => {}
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

fn send(kind: AttemptKind, about: &Attempt, amount: i64, whole: bool, request: &CommandRequest) -> Plan {
    Plan::Send(Wanted {
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
    })
}

/// Whether a command of another step is under way: one thing after the other. Letting go of an authorisation that
/// turned up too late is about other money.
fn busy(payment: &Payment) -> bool {
    payment.attempts.iter().any(|attempt| attempt.step_key.is_some() && !attempt.state.is_final())
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
        None => send(AttemptKind::Capture, standing, left, left == standing.amount.amount, request),
        Some(amount) if amount.currency != standing.amount.currency => {
            refused("The order is paid in another currency.")
        }
        Some(amount) if (1..=left).contains(&amount.amount) => {
            let whole = amount.amount == standing.amount.amount;
            send(AttemptKind::Capture, standing, amount.amount, whole, request)
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
    if payment.done(AttemptKind::Capture, standing.number) == 0 {
        return refused("Nothing was taken yet.");
    }
    if !(1..=left).contains(&amount.amount) {
        return refused("More than was taken cannot be given back.");
    }
    send(AttemptKind::Refund, standing, amount.amount, is_whole(payment, standing, amount.amount), request)
}

/// Commands of which nobody knows yet whether they were carried out.
fn parked<'p>(payment: &'p Payment, standing: &Attempt) -> impl Iterator<Item = &'p Attempt> {
    let number = standing.number;
    payment.attempts.iter().filter(move |one| one.target == Some(number) && one.state == AttemptState::Parked)
}

/// What may have been given back without anybody knowing yet.
fn perhaps_refunded(payment: &Payment, standing: &Attempt) -> i64 {
    parked(payment, standing).filter(|one| one.kind == AttemptKind::Refund).map(|one| one.amount.amount).sum()
}

/// Why nothing more is taken, or undone, before the outcome of everything before is known.
fn unknown_before(payment: &Payment, standing: &Attempt) -> Option<Plan> {
    let parked = parked(payment, standing).next()?;
    let told = "The outcome of an earlier command is not known. Look it up at the gateway, and say how it ended.";
    Some(refused(parked.refusal.as_ref().map_or(told, |task| task.reason.as_str())))
}

/// Whether a refund gives back all that one capture took, so that it could not be made twice.
fn is_whole(payment: &Payment, standing: &Attempt, amount: i64) -> bool {
    let taken = payment.done(AttemptKind::Capture, standing.number);
    let captures = payment.attempts.iter().filter(|one| one.kind == AttemptKind::Capture && one.whole);
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
        return send(AttemptKind::Refund, standing, taken, is_whole(payment, standing, taken), request);
    }
    if held > 0 {
        return send(AttemptKind::Void, standing, held, true, request);
    }
    Plan::Answer(CommandState::Done)
}
