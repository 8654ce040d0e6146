//! Money commands of workflows: capture, refund, undo, each keyed by the step that asks for it.

use crate::attempt::{Attempt, AttemptKind, AttemptState, BY_HAND, Links};
use crate::engine::Engine;
use crate::payment::{Effects, Fact, Outcome, Payment, State, Wanted};
use chassis::{Problem, problem};
use contracts::payment::{CommandAnswer, CommandRequest, CommandState, MoneyCommand, Refusal};
use contracts::{Money, OrderId, PaymentId};
use jiff::Timestamp;
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
        if let Some(remark) = &request.by_hand {
            return self.record_by_hand(payment.id, request, remark).await;
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
            if payment.attempt(number).is_none_or(|attempt| attempt.state != AttemptState::Succeeded) {
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
        remark: &str,
    ) -> Result<CommandAnswer, Problem> {
        let now = self.sources.now();
        let payment = self
            .change(id, |payment| {
                let mut effects = Effects::default();
                let tasks = |one: &&Attempt| one.state == AttemptState::Parked && concerns(one, request);
                let parked: Vec<Attempt> = payment.attempts.iter().filter(tasks).cloned().collect();
                for attempt in parked {
                    payment.apply(settled_by_hand(&attempt, remark, now), &mut effects);
                }
                for _ in 0..MOST_COMMANDS {
                    let Plan::Send(wanted) = by_hand(payment, request) else { break };
                    let number = payment.start(Wanted { gateway: BY_HAND.to_owned(), ..wanted }, now);
                    if let Some(attempt) = payment.attempt(number).cloned() {
                        payment.apply(fact(&attempt, done(&attempt, remark), now), &mut effects);
                    }
                }
                Ok(effects)
            })
            .await?;
        let state = match by_hand(&payment, request) {
            // A person says that it is done; what cannot be recorded any more, because nothing is left, need not be.
            Plan::Answer(CommandState::Refused { .. }) => CommandState::Done,
            Plan::Answer(state) => state,
            Plan::Send(_) => CommandState::Pending,
        };
        Ok(answer(state, &payment, request))
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
            return Ok(answer(standing(&payment, request), &payment, request));
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
        Ok(answer(standing(&payment, request), &payment, request))
    }
}

/// Whether what a person says about a command settles this attempt: that of the same step; undoing, all.
fn concerns(attempt: &Attempt, request: &CommandRequest) -> bool {
    request.command == MoneyCommand::Undo || attempt.step_key.as_deref() == Some(request.step_key.as_str())
}

/// What was a person's task is done. What a gateway was asked for, and nobody knows whether it did it, it did not, says the
/// person who did it another way.
fn settled_by_hand(attempt: &Attempt, remark: &str, at: Timestamp) -> Fact {
    let refusal = Refusal { code: BY_HAND.into(), reason: format!("It was done by hand instead. {remark}") };
    fact(attempt, if attempt.is_by_hand() { done(attempt, remark) } else { Outcome::Refused { refusal } }, at)
}

fn done(attempt: &Attempt, remark: &str) -> Outcome {
    Outcome::Succeeded { gateway_id: remark.to_owned(), amount: attempt.amount, taken: false }
}

fn fact(attempt: &Attempt, outcome: Outcome, at: Timestamp) -> Fact {
    Fact { reference: attempt.reference.clone(), outcome, links: Links::new(), at }
}

/// What is left to record of a step that a person did another way: an order may be paid although nothing is held any
/// more, and no more is given back than is left.
fn by_hand(payment: &Payment, request: &CommandRequest) -> Plan {
    let Some(standing) = payment.placed_with() else { return remaining(payment, request) };
    let is_done = last_of(payment, request).is_some_and(|last| last.state == AttemptState::Succeeded);
    match request.command {
        MoneyCommand::Capture { .. } if !is_done && !busy(payment) => {
            let left = payment.amount().amount - payment.done(AttemptKind::Capture, standing.number);
            if left == 0 {
                return Plan::Answer(CommandState::Done);
            }
            send(AttemptKind::Capture, standing, left, left == standing.amount.amount, request)
        }
        MoneyCommand::Refund { amount } => {
            let left = payment.left_to_refund(standing) - perhaps_refunded(payment, standing);
            let within = amount.currency.minor(amount.amount.min(left.max(0)));
            remaining(payment, &CommandRequest { command: MoneyCommand::Refund { amount: within }, ..request.clone() })
        }
        MoneyCommand::Capture { .. } | MoneyCommand::Undo => remaining(payment, request),
    }
}

fn answer(state: CommandState, payment: &Payment, request: &CommandRequest) -> CommandAnswer {
    let of_step = |one: &&Attempt| one.step_key.as_deref() == Some(request.step_key.as_str());
    let done = payment.attempts.iter().filter(of_step).filter(|one| one.state == AttemptState::Succeeded);
    let moved = payment.amount().currency.minor(done.map(|one| one.amount.amount).sum());
    CommandAnswer { state, sums: payment.sums(), moved, receipt_number: payment.receipt_number.clone() }
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
    match last_of(payment, request).map(|attempt| (attempt.state, attempt.refusal.as_ref())) {
        Some((AttemptState::Parked, task)) => {
            let told = "The outcome cannot be found out. Look it up at the gateway, and say how it ended.";
            parked(task.map_or(told, |task| task.reason.as_str()))
        }
        Some((AttemptState::Refused | AttemptState::Failed, refusal)) => {
            refused(refusal.map_or("refused", |refusal| refusal.reason.as_str()))
        }
        _ => remaining(payment, request),
    }
}

fn last_of<'p>(payment: &'p Payment, request: &CommandRequest) -> Option<&'p Attempt> {
    payment.attempts.iter().rfind(|attempt| attempt.step_key.as_deref() == Some(request.step_key.as_str()))
}

/// What is left to do for a step of which no command has come to nothing.
fn remaining(payment: &Payment, request: &CommandRequest) -> Plan {
    // Undoing may take several commands, one after the other.
    let last = last_of(payment, request).map(|attempt| attempt.state);
    if last == Some(AttemptState::Succeeded) && request.command != MoneyCommand::Undo {
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
    Plan::Answer(CommandState::Parked { reason: reason.to_owned() })
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
fn open_ended<'p>(payment: &'p Payment, standing: &Attempt) -> impl Iterator<Item = &'p Attempt> {
    let number = standing.number;
    payment.attempts.iter().filter(move |one| one.target == Some(number) && one.state == AttemptState::Parked)
}

/// What may have been given back without anybody knowing yet.
fn perhaps_refunded(payment: &Payment, standing: &Attempt) -> i64 {
    open_ended(payment, standing).filter(|one| one.kind == AttemptKind::Refund).map(|one| one.amount.amount).sum()
}

/// Why nothing more is taken, or undone, before the outcome of everything before is known.
fn unknown_before(payment: &Payment, standing: &Attempt) -> Option<Plan> {
    let before = open_ended(payment, standing).next()?;
    let told = "The outcome of an earlier command is not known. Look it up at the gateway, and say how it ended.";
    Some(parked(before.refusal.as_ref().map_or(told, |task| task.reason.as_str())))
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
