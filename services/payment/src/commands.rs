//! Money commands of workflows: capture, refund, undo, each keyed by the step that asks for it.

use crate::attempt::{Attempt, AttemptKind, AttemptState};
use crate::engine::Engine;
use crate::payment::{Effects, Payment, State, Wanted};
use chassis::{Problem, problem};
use contracts::payment::{CommandAnswer, CommandRequest, CommandState, MoneyCommand};
use contracts::{Money, OrderId};
use std::sync::atomic::{AtomicU32, Ordering};

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
        let payment = self.ask_about_parked(payment).await?;
        let now = self.sources.now();
        // Decided within the change, so that of two callers of one step one alone starts and sends its attempt.
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
        let settled = match started.load(Ordering::Relaxed) {
            0 => kept,
            number => self.send(&kept, number, None).await?,
        };
        self.report(settled, request).await
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
        let state = standing(&payment, request);
        if state != CommandState::Pending {
            return Ok(answer(state, &payment));
        }
        // The workflow will wait for the event; should the outcome have come in between, it is told at once.
        let payment = self
            .change(payment.id, |payment| {
                let open = |attempt: &&mut Attempt| {
                    attempt.step_key.as_deref() == Some(request.step_key.as_str()) && !attempt.state.is_final()
                };
                if let Some(attempt) = payment.attempts.iter_mut().find(open) {
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
    let last = payment.attempts.iter().rfind(|attempt| attempt.step_key.as_deref() == Some(request.step_key.as_str()));
    match last.map(|attempt| attempt.state) {
        Some(AttemptState::Unknown | AttemptState::Challenged) => return Plan::Answer(CommandState::Pending),
        Some(AttemptState::Succeeded) => return Plan::Answer(CommandState::Done),
        Some(AttemptState::Parked) => {
            return refused(
                "The outcome of the refund cannot be found out. Look it up at the gateway before repeating it.",
            );
        }
        Some(AttemptState::Refused) => {
            let reason = last.and_then(|attempt| attempt.refusal.as_ref()).map(|refusal| refusal.reason.clone());
            return Plan::Answer(CommandState::Refused { reason: reason.unwrap_or_else(|| "refused".to_owned()) });
        }
        Some(AttemptState::Abandoned) | None => {}
    }
    match request.command {
        MoneyCommand::Capture => capture(payment, request),
        MoneyCommand::Refund { amount } => refund(payment, request, amount),
        MoneyCommand::Undo => undo(payment, request),
    }
}

fn refused(reason: &str) -> Plan {
    Plan::Answer(CommandState::Refused { reason: reason.to_owned() })
}

fn wanted(kind: AttemptKind, about: &Attempt, amount: i64, request: &CommandRequest) -> Plan {
    Plan::Send(Wanted {
        kind,
        step_key: Some(request.step_key.clone()),
        target: Some(about.number),
        amount: about.amount.currency.minor(amount),
        gateway: about.gateway.clone(),
        session: None,
        request: None,
    })
}

/// Whether a command of another step is under way: one thing after the other. Letting go of an authorisation that
/// turned up too late is about other money.
fn busy(payment: &Payment) -> bool {
    payment.attempts.iter().any(|attempt| attempt.step_key.is_some() && !attempt.state.is_final())
}

fn capture(payment: &Payment, request: &CommandRequest) -> Plan {
    if payment.amount().is_zero() || payment.capture().is_some() {
        return Plan::Answer(CommandState::Done);
    }
    if busy(payment) {
        return Plan::Answer(CommandState::Pending);
    }
    match payment.authorisation() {
        Some(authorisation) => wanted(AttemptKind::Capture, authorisation, authorisation.amount.amount, request),
        None => refused("The payment is no longer authorised."),
    }
}

fn refund(payment: &Payment, request: &CommandRequest, amount: Money) -> Plan {
    if amount.is_zero() {
        return Plan::Answer(CommandState::Done);
    }
    if busy(payment) {
        return Plan::Answer(CommandState::Pending);
    }
    let sums = payment.sums();
    let left = sums.captured.amount - sums.refunded.amount;
    match payment.capture() {
        Some(capture) if capture.amount.currency != amount.currency => {
            refused("The order was paid in another currency.")
        }
        Some(capture) if (1..=left).contains(&amount.amount) => {
            wanted(AttemptKind::Refund, capture, amount.amount, request)
        }
        Some(_) => refused("More than was taken cannot be given back."),
        None => refused("Nothing was taken yet."),
    }
}

fn undo(payment: &Payment, request: &CommandRequest) -> Plan {
    if busy(payment) {
        return Plan::Answer(CommandState::Pending);
    }
    let sums = payment.sums();
    let left = sums.captured.amount - sums.refunded.amount;
    match (payment.capture(), payment.authorisation()) {
        (Some(capture), _) if left > 0 => wanted(AttemptKind::Refund, capture, left, request),
        (None, Some(authorisation)) => wanted(AttemptKind::Void, authorisation, authorisation.amount.amount, request),
        _ => Plan::Answer(CommandState::Done),
    }
}
