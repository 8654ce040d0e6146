//! Brings one payment up to date: queries unknown outcomes, resends what can be repeated, closes what has expired.

use super::{Engine, QUERY};
use crate::gateway::GatewayResponse;
use crate::operation::{OperationState, PaymentOperation};
use crate::payment::{Effects, Payment, State};
use chassis::Problem;
use chassis::context::{self, Context};
use chassis::telemetry::trace::spans;
use contracts::PaymentId;
use contracts::payment::{PaymentAction, Refusal};

impl Engine {
    /// Processes everything that is due for a payment, in the trace of the request that began it.
    pub(crate) async fn process_payment(&self, id: PaymentId) -> Result<(), Problem> {
        let Some(payment) = self.store.find(id).await? else { return Ok(()) };
        let span = spans::reconcile(payment.order_id.to_string(), id.to_string());
        let context = Context::of_work(&self.tracer, payment.trace.as_ref(), span);
        let result = context::within(context.clone(), self.process_found(payment)).await;
        context::finish(&context, result)
    }

    async fn process_found(&self, mut payment: Payment) -> Result<(), Problem> {
        let (now, id) = (self.system.now(), payment.id);
        let is_due = |operation: &&PaymentOperation| operation.due_at.is_some_and(|due| due <= now);
        let due: Vec<PaymentOperation> = payment.operations.iter().filter(is_due).cloned().collect();
        for operation in due {
            payment = self.process_operation(&payment, &operation).await?;
        }
        // A payment that is due while `Reserving` was left behind by a handler that crashed or lost its response.
        let expired = payment.expires_at <= now || payment.state == State::Reserving;
        if expired && matches!(payment.state, State::Reserving | State::Payable) {
            payment = self
                .change(id, |payment| {
                    payment.close(expiry());
                    Ok(Effects::default())
                })
                .await?;
        }
        if payment.state == State::Closing {
            self.release_reservation(&payment).await?;
        }
        Ok(())
    }

    async fn process_operation(&self, payment: &Payment, operation: &PaymentOperation) -> Result<Payment, Problem> {
        let now = self.system.now();
        match operation.state {
            OperationState::Unknown if operation.is_repeatable() => self.resend(payment, operation).await,
            OperationState::Challenged => {
                let action = operation.challenge.as_ref().map(|challenge| &challenge.action);
                let is_challenge = matches!(action, Some(PaymentAction::Challenge { .. }));
                // The customer may have confirmed without returning to the shop: continue once on their behalf before
                // the challenge is abandoned.
                let payment = if is_challenge && operation.challenge_is_over(now) {
                    self.resume(payment, operation, None).await?
                } else {
                    self.query(payment, operation).await?
                };
                let number = operation.number;
                self.change(payment.id, |payment| {
                    payment.check_challenge(number, now);
                    Ok(Effects::default())
                })
                .await
            }
            _ => self.query(payment, operation).await,
        }
    }

    /// Sends an operation again, under the same reference, if the gateway does not know it. Waits for the index delay
    /// first: a gateway refuses what it has already carried out, and that refusal would be taken for the outcome.
    async fn resend(&self, payment: &Payment, operation: &PaymentOperation) -> Result<Payment, Problem> {
        let Some(gateway) = self.gateways.get(&operation.gateway) else {
            return self.delay_query(payment, operation.number).await;
        };
        let now = self.system.now();
        let counts = !operation.sent || operation.is_past_index_delay(gateway.connector().index_delay(), now);
        let command = self.command_of(payment, operation);
        match self.metrics.observe(gateway, payment, QUERY, gateway.query(&command)).await {
            Ok(GatewayResponse::NotFound) if counts => {
                // Another replica may have queried as well: only the one that claims the resend sends it.
                let number = operation.number;
                let (payment, claimed) = self
                    .change_with(payment.id, |payment| Ok((Effects::default(), payment.claim_resend(number, now))))
                    .await?;
                if claimed { self.send(&payment, number, None).await } else { Ok(payment) }
            }
            response => self.apply_query_response(payment, operation, gateway, response).await,
        }
    }
}

fn expiry() -> Refusal {
    Refusal {
        code: "expired".into(),
        reason: "The payment was not completed in time. You have not been charged.".into(),
    }
}
