//! Looks after what is due: asks about what is unknown, sends again what can be, gives up what is over.

use super::Engine;
use crate::attempt::{PaymentOperation, OperationState};
use crate::gateway::Told;
use crate::payment::{Effects, Payment, State};
use chassis::{Problem, idempotency};
use contracts::PaymentId;
use contracts::payment::{PaymentAction, Refusal};
use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PAUSE: Duration = Duration::from_secs(1);
const BATCH: usize = 50;
const BETWEEN_CLEANINGS: SignedDuration = SignedDuration::from_hours(1);
/// How long a notice that was taken in is remembered.
const NOTICES_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Engine {
    /// Looks after everything that is due until shutdown.
    pub async fn run(self, stop: CancellationToken) {
        let mut clean_at = self.system.now();
        while !stop.is_cancelled() {
            if clean_at <= self.system.now() {
                clean_at = self.clean().await;
            }
            match self.look_after().await {
                Ok(BATCH) => continue,
                Ok(_) => {}
                Err(problem) => tracing::warn!(%problem, "cannot look after payments; trying again"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.woken.notified() => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    /// Looks after what is due now; says how much it was.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn look_after(&self) -> Result<usize, Problem> {
        let webhook_events = self.take_notices_in(BATCH).await?;
        let due = self.store.due(self.system.now(), BATCH).await?;
        for id in &due {
            if let Err(problem) = self.look_after_one(*id).await {
                tracing::warn!(%problem, payment = %id, "cannot look after a payment; trying again later");
                self.put_off(*id).await;
            }
        }
        Ok(due.len().max(webhook_events))
    }

    /// Lets the others come first, so that those that cannot be helped now do not stand in their way.
    async fn put_off(&self, id: PaymentId) {
        let now = self.system.now();
        let put_off = |payment: &mut Payment| {
            payment.put_off(now);
            Ok(Effects::default())
        };
        if let Err(problem) = self.change(id, put_off).await {
            tracing::warn!(%problem, payment = %id, "cannot put a payment off");
        }
    }

    /// Forgets old idempotency keys and notices; says when to do so again.
    async fn clean(&self) -> Timestamp {
        let now = self.system.now();
        let before = |kept: SignedDuration| now.saturating_sub(kept).unwrap_or(now);
        if let Err(error) = self.store.forget_keys(before(idempotency::RETENTION)).await {
            tracing::warn!(%error, "cannot forget old idempotency keys; trying again later");
        }
        if let Err(error) = self.store.forget_notices(before(NOTICES_KEPT)).await {
            tracing::warn!(%error, "cannot forget old notices of gateways; trying again later");
        }
        now.saturating_add(BETWEEN_CLEANINGS).unwrap_or(now)
    }

    async fn look_after_one(&self, id: PaymentId) -> Result<(), Problem> {
        let now = self.system.now();
        let Some(mut payment) = self.store.find(id).await? else { return Ok(()) };
        let due: Vec<PaymentOperation> =
            payment.operations.iter().filter(|attempt| attempt.due_at.is_some_and(|due| due <= now)).cloned().collect();
        for attempt in due {
            payment = self.look_after_attempt(&payment, &attempt).await?;
        }
        let over = payment.expires_at <= now || payment.state == State::Reserving;
        if over && matches!(payment.state, State::Reserving | State::Payable) {
            payment = self
                .change(id, |payment| {
                    payment.close(expired());
                    Ok(Effects::default())
                })
                .await?;
        }
        if payment.state == State::Closing {
            self.release(&payment).await?;
        }
        Ok(())
    }

    async fn look_after_attempt(&self, payment: &Payment, attempt: &PaymentOperation) -> Result<Payment, Problem> {
        let now = self.system.now();
        match attempt.state {
            OperationState::Unknown if attempt.repeatable() => self.repeat(payment, attempt).await,
            OperationState::Challenged => {
                let action = attempt.challenge.as_ref().map(|challenge| &challenge.action);
                let confirmed = matches!(action, Some(PaymentAction::Challenge { .. }));
                // A customer may have confirmed and not come back: before it is given up, it goes on once by itself.
                let payment = if confirmed && attempt.challenge_is_over(now) {
                    self.resume(payment, attempt, None).await?
                } else {
                    self.ask(payment, attempt).await?
                };
                let number = attempt.number;
                self.change(payment.id, |payment| {
                    payment.challenge_unanswered(number, now);
                    Ok(Effects::default())
                })
                .await
            }
            _ => self.ask(payment, attempt).await,
        }
    }

    /// Sends a command again, under its reference, when the gateway does not know of it. Only once it would know: what it
    /// had carried out already it would refuse, and that would be taken for its answer.
    async fn repeat(&self, payment: &Payment, attempt: &PaymentOperation) -> Result<Payment, Problem> {
        let Some(gateway) = self.gateways.get(&attempt.gateway) else {
            return self.postpone(payment, attempt.number).await;
        };
        let now = self.system.now();
        let counts = !attempt.sent || attempt.would_be_known(gateway.connector().index_delay(), now);
        match gateway.query(&self.command_of(payment, attempt)).await {
            Ok(Told::NotFound) if counts => {
                // Another replica may have asked as well: one of them sends it.
                let number = attempt.number;
                let mine = AtomicBool::new(false);
                let payment = self
                    .change(payment.id, |payment| {
                        mine.store(payment.send_again(number, now), Ordering::Relaxed);
                        Ok(Effects::default())
                    })
                    .await?;
                match mine.into_inner() {
                    true => self.send(&payment, number, None).await,
                    false => Ok(payment),
                }
            }
            told => self.asked(payment, attempt, gateway, told).await,
        }
    }
}

fn expired() -> Refusal {
    Refusal { code: "expired".into(), reason: "It was not paid in time. Nothing was charged.".into() }
}
