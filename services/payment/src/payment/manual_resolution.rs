//! Decisions of staff about money: the outcome of an operation that needs attention, and the receipt of a bank transfer.

use super::{Effects, Fact, Outcome, Payment};
use crate::operation::{Links, OperationKind, OperationState, PaymentOperation, state_name};
use chassis::{Problem, problem};
use contracts::payment::{
    NOT_POSSIBLE_NOW, OperationOutcome, OperationResolution, PaymentAction, Refusal, TransferReceived,
};
use jiff::Timestamp;

impl Payment {
    /// Turns a refund that no gateway can make into a task for staff.
    pub fn require_manual_action(&mut self, number: u32, at: Timestamp, effects: &mut Effects) {
        let Some(operation) = self.operation(number) else { return };
        let (payer, order) = (self.address.name.as_str(), &self.order_number);
        let task = format!("Refund {} to {payer} for order {order} manually, then mark it as done.", operation.amount);
        let (reference, outcome) = (operation.reference.clone(), Outcome::Manual { task });
        self.apply(Fact { reference, outcome, links: Links::new(), at }, effects);
    }

    /// Records the outcome of an operation that needs attention. `by` names the member of staff.
    ///
    /// # Errors
    /// 404 when there is no such operation, 409 when a different outcome is already known.
    pub fn resolve(
        &mut self,
        number: u32,
        resolution: &OperationResolution,
        by: &str,
        at: Timestamp,
    ) -> Result<Effects, Problem> {
        let operation = self.operation(number).cloned();
        let operation = operation.ok_or_else(|| problem::NOT_FOUND.detail("This payment has no such operation."))?;
        let mut effects = Effects::default();
        let outcome = outcome_of(&operation, resolution, by);
        match operation.state {
            OperationState::NeedsAttention => {
                self.apply(Fact { reference: operation.reference, outcome, links: Links::new(), at }, &mut effects);
            }
            // The same resolution again, for example after a timeout, succeeds without effect.
            OperationState::Succeeded if resolution.outcome == OperationOutcome::Done => {}
            OperationState::Refused if resolution.outcome == OperationOutcome::NotDone => {}
            state => {
                let state = state_name(state);
                return Err(
                    NOT_POSSIBLE_NOW.detail(format!("The operation does not need attention. Its state: {state}."))
                );
            }
        }
        Ok(effects)
    }

    /// Records that the money for the order arrived by bank transfer.
    ///
    /// # Errors
    /// 409 when no transfer is expected, it was recorded before, or the amount differs.
    pub fn receive_transfer(&mut self, received: &TransferReceived, at: Timestamp) -> Result<Effects, Problem> {
        let awaited = self.operations.iter().rfind(|one| is_transfer(one)).cloned();
        let operation = awaited.ok_or_else(|| NOT_POSSIBLE_NOW.detail("No transfer is expected for this payment."))?;
        if operation.state == OperationState::Succeeded {
            return Err(NOT_POSSIBLE_NOW.detail(
                "The transfer for this order has already been recorded. Return a second transfer to its sender.",
            ));
        }
        if operation.amount != received.amount {
            return Err(NOT_POSSIBLE_NOW.detail(format!(
                "The expected amount is {}. Record the transfer once the full amount has arrived, or return it.",
                operation.amount
            )));
        }
        let mut effects = Effects::default();
        let gateway_id = received.note.as_str().to_owned();
        // Money that arrived on the merchant's account is captured already.
        let outcome = Outcome::Succeeded { gateway_id, amount: received.amount, captured: true };
        self.apply(Fact { reference: operation.reference, outcome, links: Links::new(), at }, &mut effects);
        Ok(effects)
    }
}

fn is_transfer(operation: &PaymentOperation) -> bool {
    let action = operation.challenge.as_ref().map(|challenge| &challenge.action);
    operation.kind == OperationKind::Authorise && matches!(action, Some(PaymentAction::Transfer(_)))
}

fn outcome_of(operation: &PaymentOperation, resolution: &OperationResolution, by: &str) -> Outcome {
    match resolution.outcome {
        OperationOutcome::Done => Outcome::Succeeded {
            gateway_id: operation.gateway_id.clone().unwrap_or_default(),
            amount: operation.amount,
            captured: false,
        },
        OperationOutcome::NotDone => Outcome::Refused {
            refusal: Refusal { code: "not-done".into(), reason: format!("{} ({by})", resolution.reason.as_str()) },
        },
    }
}
