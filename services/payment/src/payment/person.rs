//! What the people of the shop say about money: how a command ended that could not be found out, that a transfer has
//! arrived.

use super::{Effects, Fact, Outcome, Payment};
use crate::attempt::{PaymentOperation, OperationKind, OperationState, Links};
use chassis::{Problem, problem};
use contracts::payment::{OperationOutcome, NOT_POSSIBLE_NOW, PaymentAction, Refusal, OperationResolution, TransferReceived};
use jiff::Timestamp;

impl Payment {
    /// Leaves it to a person to give money back that no gateway has.
    pub fn leave_to_a_person(&mut self, number: u32, at: Timestamp, effects: &mut Effects) {
        let Some(attempt) = self.attempt(number) else { return };
        let (payer, order) = (self.address.name.as_str(), &self.order_number);
        let task =
            format!("Give {} back to {payer} for order {order} by hand, then say that it is done.", attempt.amount);
        let (reference, outcome) = (attempt.reference.clone(), Outcome::Manual { task });
        self.apply(Fact { reference, outcome, links: Links::new(), at }, effects);
    }

    /// A person says how a command ended whose outcome could not be found out, or that was theirs to carry out.
    ///
    /// # Errors
    /// 404 when there is no such command, 409 when its outcome is known already and another.
    pub fn resolve(
        &mut self,
        number: u32,
        resolution: &OperationResolution,
        by: &str,
        at: Timestamp,
    ) -> Result<Effects, Problem> {
        let attempt = self.attempt(number).cloned();
        let attempt = attempt.ok_or_else(|| problem::NOT_FOUND.detail("There is no such command."))?;
        let mut effects = Effects::default();
        let outcome = found(&attempt, resolution, by);
        match attempt.state {
            OperationState::NeedsAttention => {
                self.apply(Fact { reference: attempt.reference, outcome, links: Links::new(), at }, &mut effects);
            }
            OperationState::Succeeded if resolution.outcome == OperationOutcome::Done => {}
            OperationState::Refused if resolution.outcome == OperationOutcome::NotDone => {}
            state => {
                return Err(NOT_POSSIBLE_NOW.detail(format!("The command does not wait for a person: {state:?}.")));
            }
        }
        Ok(effects)
    }

    /// The money for the order has arrived by bank transfer.
    ///
    /// # Errors
    /// 409 when it is not paid by transfer, has arrived before, or the amount is another.
    pub fn receive(&mut self, received: &TransferReceived, at: Timestamp) -> Result<Effects, Problem> {
        let awaited = self.operations.iter().rfind(|one| is_transfer(one)).cloned();
        let attempt = awaited.ok_or_else(|| NOT_POSSIBLE_NOW.detail("No transfer is expected for this payment."))?;
        if attempt.state == OperationState::Succeeded {
            return Err(NOT_POSSIBLE_NOW.detail("The transfer has arrived before. Send a second one back."));
        }
        if attempt.amount != received.amount {
            return Err(NOT_POSSIBLE_NOW.detail(format!(
                "{} are expected. Record the transfer when all of it has arrived, or send it back.",
                attempt.amount
            )));
        }
        let mut effects = Effects::default();
        let gateway_id = received.note.as_str().to_owned();
        let outcome = Outcome::Succeeded { gateway_id, amount: received.amount, taken: true };
        self.apply(Fact { reference: attempt.reference, outcome, links: Links::new(), at }, &mut effects);
        Ok(effects)
    }
}

fn is_transfer(attempt: &PaymentOperation) -> bool {
    let action = attempt.challenge.as_ref().map(|challenge| &challenge.action);
    attempt.kind == OperationKind::Authorise && matches!(action, Some(PaymentAction::Transfer(_)))
}

fn found(attempt: &PaymentOperation, resolution: &OperationResolution, by: &str) -> Outcome {
    match resolution.outcome {
        OperationOutcome::Done => Outcome::Succeeded {
            gateway_id: attempt.gateway_id.clone().unwrap_or_default(),
            amount: attempt.amount,
            taken: false,
        },
        OperationOutcome::NotDone => Outcome::Refused {
            refusal: Refusal { code: "not-done".into(), reason: format!("{} ({by})", resolution.reason.as_str()) },
        },
    }
}
