//! What the people of the shop say about money, kept with the answer to their request.

use super::Engine;
use crate::payment::{Effects, KeptAnswer, Payment};
use chassis::Problem;
use chassis::idempotency::IdempotencyScope;
use contracts::PaymentId;
use contracts::payment::{OperationResolution, TransferReceived};

/// How the answer to a person's request is made.
pub type Answering<'a> = (&'a IdempotencyScope, &'a (dyn Fn(&Payment) -> (u16, Vec<u8>) + Send + Sync));

impl Engine {
    /// A person says how a command ended.
    ///
    /// # Errors
    /// Those of [`Payment::resolve`]; 404 when there is no such payment.
    pub async fn resolve(
        &self,
        id: PaymentId,
        number: u32,
        resolution: &OperationResolution,
        by: &str,
        answering: Answering<'_>,
    ) -> Result<Payment, Problem> {
        let now = self.system.now();
        self.said(id, answering, |payment| payment.resolve(number, resolution, by, now)).await
    }

    /// The money for an order has arrived by bank transfer.
    ///
    /// # Errors
    /// Those of [`Payment::receive`]; 404 when there is no such payment.
    pub async fn receive(
        &self,
        id: PaymentId,
        received: &TransferReceived,
        answering: Answering<'_>,
    ) -> Result<Payment, Problem> {
        let now = self.system.now();
        self.said(id, answering, |payment| payment.receive(received, now)).await
    }

    async fn said(
        &self,
        id: PaymentId,
        (key, render): Answering<'_>,
        say: impl Fn(&mut Payment) -> Result<Effects, Problem> + Send + Sync,
    ) -> Result<Payment, Problem> {
        let change = |payment: &mut Payment| {
            let mut effects = say(payment)?;
            let (status, body) = render(payment);
            effects.answer = Some(KeptAnswer { key: key.clone(), status, body });
            Ok(effects)
        };
        let payment = self.change(id, change).await?;
        self.woken.notify_one();
        Ok(payment)
    }
}
