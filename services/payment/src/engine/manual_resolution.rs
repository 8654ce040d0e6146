//! Staff decisions, written together with the response to their request.

use super::{Engine, ResponseSink};
use crate::payment::{Effects, Payment};
use chassis::Problem;
use contracts::PaymentId;
use contracts::payment::{OperationResolution, TransferReceived};

impl Engine {
    /// Records the outcome of an operation that needs attention.
    ///
    /// # Errors
    /// Those of [`Payment::resolve`]; 404 when there is no such payment.
    pub async fn resolve(
        &self,
        id: PaymentId,
        number: u32,
        resolution: &OperationResolution,
        by: &str,
        sink: ResponseSink<'_>,
    ) -> Result<Payment, Problem> {
        let now = self.system.now();
        self.apply_decision(id, sink, |payment| payment.resolve(number, resolution, by, now)).await
    }

    /// Records the receipt of a bank transfer.
    ///
    /// # Errors
    /// Those of [`Payment::receive_transfer`]; 404 when there is no such payment.
    pub async fn receive_transfer(
        &self,
        id: PaymentId,
        received: &TransferReceived,
        sink: ResponseSink<'_>,
    ) -> Result<Payment, Problem> {
        let now = self.system.now();
        self.apply_decision(id, sink, |payment| payment.receive_transfer(received, now)).await
    }

    async fn apply_decision(
        &self,
        id: PaymentId,
        sink: ResponseSink<'_>,
        decide: impl Fn(&mut Payment) -> Result<Effects, Problem> + Send + Sync,
    ) -> Result<Payment, Problem> {
        let change = |payment: &mut Payment| {
            let mut effects = decide(payment)?;
            // Stored in the transaction of the decision, so that a repeated request cannot decide twice.
            effects.response = Some(sink.response(payment));
            Ok(effects)
        };
        let payment = self.change(id, change).await?;
        // The decision may have made a follow-up due, such as the void of a late authorisation.
        self.wake.notify_one();
        Ok(payment)
    }
}
