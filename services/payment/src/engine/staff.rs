//! What the people of the shop say about money: how a command ended that could not be found out, that a transfer has
//! arrived.

use super::Engine;
use crate::attempt::{Attempt, AttemptKind, AttemptState, Links};
use crate::payment::{Effects, Fact, KeptAnswer, Outcome, Payment};
use chassis::idempotency::KeyScope;
use chassis::{Problem, problem};
use contracts::PaymentId;
use contracts::payment::{FoundOutcome, NOT_POSSIBLE_NOW, PaymentAction, Refusal, Resolution, TransferReceived};

/// How the answer to a person's request is made.
pub type Answering<'a> = (&'a KeyScope, &'a (dyn Fn(&Payment) -> (u16, Vec<u8>) + Send + Sync));

impl Engine {
    /// A person says how a command ended whose outcome could not be found out, or that was theirs to carry out.
    ///
    /// # Errors
    /// 404 when there is no such command, 409 when its outcome is known already and another.
    pub async fn resolve(
        &self,
        id: PaymentId,
        number: u32,
        resolution: &Resolution,
        by: &str,
        (key, render): Answering<'_>,
    ) -> Result<Payment, Problem> {
        let now = self.sources.now();
        let change = |payment: &mut Payment| {
            let attempt = payment.attempt(number).cloned();
            let attempt = attempt.ok_or_else(|| problem::NOT_FOUND.detail("There is no such command."))?;
            let mut effects = Effects::default();
            let outcome = found(&attempt, resolution, by);
            match attempt.state {
                AttemptState::Parked => {
                    let fact = Fact { reference: attempt.reference, outcome, links: Links::new(), at: now };
                    payment.apply(fact, &mut effects);
                }
                AttemptState::Succeeded if resolution.outcome == FoundOutcome::Done => {}
                AttemptState::Refused if resolution.outcome == FoundOutcome::NotDone => {}
                state => {
                    return Err(NOT_POSSIBLE_NOW.detail(format!("The command does not wait for a person: {state:?}.")));
                }
            }
            let (status, body) = render(payment);
            effects.answer = Some(KeptAnswer { key: key.clone(), status, body });
            Ok(effects)
        };
        let payment = self.change(id, change).await?;
        self.woken.notify_one();
        Ok(payment)
    }

    /// The money for an order has arrived by bank transfer.
    ///
    /// # Errors
    /// 404 when there is no such payment, 409 when it is not paid by transfer, was paid, or the amount is another.
    pub async fn receive(
        &self,
        id: PaymentId,
        received: &TransferReceived,
        (key, render): Answering<'_>,
    ) -> Result<Payment, Problem> {
        let now = self.sources.now();
        let change = |payment: &mut Payment| {
            let awaited = payment.attempts.iter().rfind(|one| is_transfer(one)).cloned();
            let attempt =
                awaited.ok_or_else(|| NOT_POSSIBLE_NOW.detail("No transfer is expected for this payment."))?;
            if attempt.amount != received.amount {
                return Err(NOT_POSSIBLE_NOW.detail(format!(
                    "{} are expected. Record the transfer when all of it has arrived, or send it back.",
                    attempt.amount
                )));
            }
            let mut effects = Effects::default();
            let gateway_id = received.note.as_str().to_owned();
            let outcome = Outcome::Succeeded { gateway_id, amount: received.amount, taken: true };
            let fact = Fact { reference: attempt.reference, outcome, links: Links::new(), at: now };
            payment.apply(fact, &mut effects);
            let (status, body) = render(payment);
            effects.answer = Some(KeptAnswer { key: key.clone(), status, body });
            Ok(effects)
        };
        let payment = self.change(id, change).await?;
        self.woken.notify_one();
        Ok(payment)
    }
}

fn is_transfer(attempt: &Attempt) -> bool {
    let action = attempt.challenge.as_ref().map(|challenge| &challenge.action);
    attempt.kind == AttemptKind::Authorise && matches!(action, Some(PaymentAction::Transfer(_)))
}

fn found(attempt: &Attempt, resolution: &Resolution, by: &str) -> Outcome {
    match resolution.outcome {
        FoundOutcome::Done => Outcome::Succeeded {
            gateway_id: attempt.gateway_id.clone().unwrap_or_default(),
            amount: attempt.amount,
            taken: false,
        },
        FoundOutcome::NotDone => Outcome::Refused {
            refusal: Refusal { code: "not-done".into(), reason: format!("{} ({by})", resolution.reason.as_str()) },
        },
    }
}
