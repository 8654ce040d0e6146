//! Money commands of workflows: capture, refund, undo, each keyed by the step that asks for it.

use crate::attempt::{Attempt, AttemptKind, AttemptState};
use crate::engine::Engine;
use crate::payment::{Effects, Payment, State, Wanted};
use chassis::{Problem, problem};
use contracts::OrderId;
use contracts::payment::{CommandAnswer, CommandRequest, CommandState, MoneyCommand};

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
        let now = self.sources.now();
        // Decided within the change, so that two callers of one step start one attempt.
        let before = payment.attempts.len();
        let kept = self
            .change(payment.id, |payment| {
                if let Plan::Send(wanted) = plan(payment, request) {
                    payment.start(wanted, now);
                }
                Ok(Effects::default())
            })
            .await?;
        let started = kept.attempts.get(before..).and_then(|new| {
            new.iter()
                .find(|attempt| attempt.step_key.as_deref() == Some(request.step_key.as_str()))
                .map(|attempt| attempt.number)
        });
        let settled = match started {
            Some(number) => self.send(&kept, number, None).await?,
            None => kept,
        };
        self.report(settled, request).await
    }

    async fn report(&self, payment: Payment, request: &CommandRequest) -> Result<CommandAnswer, Problem> {
        let state = standing(&payment, request);
        if state != CommandState::Pending {
            return Ok(CommandAnswer { state, sums: payment.sums() });
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
        Ok(CommandAnswer { state: standing(&payment, request), sums: payment.sums() })
    }
}

/// How a step stands after whatever was done.
fn standing(payment: &Payment, request: &CommandRequest) -> CommandState {
    match plan(payment, request) {
        Plan::Answer(state) => state,
        // It would have to be sent once more: an abandoned attempt. The workflow asks again.
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
        MoneyCommand::Refund { amount } => refund(payment, request, amount.amount),
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
    })
}

/// Whether a command of another step about the same money is under way: one thing after the other.
fn busy(payment: &Payment) -> bool {
    payment.attempts.iter().any(|attempt| attempt.kind != AttemptKind::Authorise && !attempt.state.is_final())
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

fn refund(payment: &Payment, request: &CommandRequest, amount: i64) -> Plan {
    if amount == 0 {
        return Plan::Answer(CommandState::Done);
    }
    if busy(payment) {
        return Plan::Answer(CommandState::Pending);
    }
    let sums = payment.sums();
    match payment.capture() {
        Some(capture) if amount > 0 && sums.refunded.amount + amount <= sums.captured.amount => {
            wanted(AttemptKind::Refund, capture, amount, request)
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
