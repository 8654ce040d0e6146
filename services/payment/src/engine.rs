//! The payment engine: sends kept commands to gateways, takes in what comes back, asks about what is unknown.

use crate::attempt::{Attempt, AttemptKind, AttemptState};
use crate::gateway::{Command, Gateways};
use crate::idempotency::KeyScope;
use crate::payment::{Effects, Fact, KeptAnswer, Outcome, Payment, State, Wanted};
use crate::store::PaymentStore;
use chassis::{Problem, Sources, problem};
use contracts::PaymentId;
use contracts::catalogue::{CatalogueClient, ReservationKey};
use contracts::payment::Refusal;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const PAUSE: Duration = Duration::from_secs(1);
const BATCH: usize = 50;
/// How long answers are kept for idempotency keys.
const KEYS_KEPT: SignedDuration = SignedDuration::from_hours(24);
const BETWEEN_CLEANINGS: SignedDuration = SignedDuration::from_hours(1);

/// How the answer to a request is made of the payment it led to.
pub type Render<'r> = &'r (dyn Fn(&Payment) -> (u16, Vec<u8>) + Send + Sync);

/// The payment engine.
#[derive(Clone)]
pub struct Engine {
    /// Its payments.
    pub store: Arc<dyn PaymentStore>,
    /// Those who move the money.
    pub gateways: Gateways,
    /// Where stock is held.
    pub catalogue: CatalogueClient,
    /// Clock and generator.
    pub sources: Sources,
    woken: Arc<Notify>,
}

impl Engine {
    /// An engine.
    pub fn new(store: Arc<dyn PaymentStore>, gateways: Gateways, catalogue: CatalogueClient, sources: Sources) -> Self {
        Self { store, gateways, catalogue, sources, woken: Arc::default() }
    }

    /// Changes a payment.
    ///
    /// # Errors
    /// 404 when there is none, or what the change refuses with.
    pub async fn change(
        &self,
        id: PaymentId,
        change: impl Fn(&mut Payment) -> Result<Effects, Problem> + Send + Sync,
    ) -> Result<Payment, Problem> {
        let changed = self.store.change(id, self.sources.now(), &change).await?;
        changed.ok_or_else(|| problem::NOT_FOUND.detail("There is no such payment."))?
    }

    /// Keeps a command and sends it. With a key, the answer to the request is kept together with the outcome.
    ///
    /// # Errors
    /// When the store is away. No answer from the gateway is not an error: the outcome is unknown, and found out later.
    pub async fn send(
        &self,
        payment: &Payment,
        number: u32,
        settle: Option<(&KeyScope, Render<'_>)>,
    ) -> Result<Payment, Problem> {
        let attempt =
            payment.attempt(number).ok_or_else(|| Problem::internal("an attempt that was just kept is missing"))?;
        let outcome = match self.gateways.get(&attempt.gateway) {
            Some(gateway) => gateway.execute(&Command::of(payment, attempt)).await.map_err(|error| error.to_string()),
            None => Err(format!("the gateway {} is not configured", attempt.gateway)),
        };
        let now = self.sources.now();
        let reference = attempt.reference.clone();
        let fact = match outcome {
            Ok(outcome) => Some(Fact { reference, outcome, at: now }),
            Err(error) => {
                tracing::warn!(error, reference, "the outcome of a gateway command is unknown");
                None
            }
        };
        let payment = self
            .change(payment.id, |payment| {
                let mut effects = Effects::default();
                match &fact {
                    Some(fact) => payment.apply(fact.clone(), &mut effects),
                    None => ask_soon(payment, number, now),
                }
                if let Some((key, render)) = settle {
                    let (status, body) = render(payment);
                    effects.answer = Some(KeptAnswer { key: key.clone(), status, body });
                }
                Ok(effects)
            })
            .await?;
        self.woken.notify_one();
        Ok(payment)
    }

    /// Takes in what a gateway said of an attempt when it was asked.
    async fn take_in(&self, id: PaymentId, attempt: &Attempt, outcome: Outcome) -> Result<Payment, Problem> {
        let now = self.sources.now();
        let fact = Fact { reference: attempt.reference.clone(), outcome, at: now };
        self.change(id, |payment| {
            let mut effects = Effects::default();
            payment.apply(fact.clone(), &mut effects);
            payment.asked(attempt.number, now);
            Ok(effects)
        })
        .await
    }

    /// Asks the gateway about an attempt and takes in what it says.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn ask(&self, payment: &Payment, attempt: &Attempt) -> Result<Payment, Problem> {
        let Some(gateway) = self.gateways.get(&attempt.gateway) else {
            return self.postpone(payment, attempt.number).await;
        };
        match gateway.query(&attempt.reference).await {
            Ok(Some(Outcome::Challenged { .. })) if attempt.state == AttemptState::Challenged => Ok(payment.clone()),
            Ok(Some(outcome)) => self.take_in(payment.id, attempt, outcome).await,
            Ok(None) => {
                let now = self.sources.now();
                let counts = now.duration_since(attempt.started_at) > gateway.index_delay();
                let number = attempt.number;
                self.change(payment.id, |payment| {
                    let mut effects = Effects::default();
                    payment.not_found(number, counts, now, &mut effects);
                    Ok(effects)
                })
                .await
            }
            Err(error) => {
                tracing::warn!(%error, reference = attempt.reference, "the gateway cannot be asked; asking again");
                self.postpone(payment, attempt.number).await
            }
        }
    }

    async fn postpone(&self, payment: &Payment, number: u32) -> Result<Payment, Problem> {
        let now = self.sources.now();
        self.change(payment.id, |payment| {
            if let Some(attempt) = payment.attempts.iter_mut().find(|one| one.number == number) {
                attempt.due_at = crate::attempt::later(now, SignedDuration::from_secs(30));
            }
            Ok(Effects::default())
        })
        .await
    }

    /// Looks after everything that is due until shutdown.
    pub async fn run(self, stop: CancellationToken) {
        let mut clean_at = self.sources.now();
        while !stop.is_cancelled() {
            if clean_at <= self.sources.now() {
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
        let due = self.store.due(self.sources.now(), BATCH).await?;
        for id in &due {
            if let Err(problem) = self.look_after_one(*id).await {
                tracing::warn!(%problem, payment = %id, "cannot look after a payment; trying again later");
                self.put_off(*id).await;
            }
        }
        Ok(due.len())
    }

    /// Lets the others come first, so that those that cannot be helped now do not stand in their way.
    async fn put_off(&self, id: PaymentId) {
        let now = self.sources.now();
        let put_off = |payment: &mut Payment| {
            payment.put_off(now);
            Ok(Effects::default())
        };
        if let Err(problem) = self.change(id, put_off).await {
            tracing::warn!(%problem, payment = %id, "cannot put a payment off");
        }
    }

    /// Forgets old idempotency keys; says when to do so again.
    async fn clean(&self) -> Timestamp {
        let now = self.sources.now();
        if let Err(error) = self.store.forget_keys(now.saturating_sub(KEYS_KEPT).unwrap_or(now)).await {
            tracing::warn!(%error, "cannot forget old idempotency keys; trying again later");
        }
        now.saturating_add(BETWEEN_CLEANINGS).unwrap_or(now)
    }

    async fn look_after_one(&self, id: PaymentId) -> Result<(), Problem> {
        let now = self.sources.now();
        let Some(mut payment) = self.store.find(id).await? else { return Ok(()) };
        let due: Vec<Attempt> =
            payment.attempts.iter().filter(|attempt| attempt.due_at.is_some_and(|due| due <= now)).cloned().collect();
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

    async fn look_after_attempt(&self, payment: &Payment, attempt: &Attempt) -> Result<Payment, Problem> {
        let now = self.sources.now();
        match attempt.state {
            AttemptState::Unknown if payment.repeatable(attempt) => self.repeat(payment, attempt).await,
            AttemptState::Challenged => {
                let payment = self.ask(payment, attempt).await?;
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

    /// Sends a command again, under its reference, when the gateway does not know of it.
    async fn repeat(&self, payment: &Payment, attempt: &Attempt) -> Result<Payment, Problem> {
        let Some(gateway) = self.gateways.get(&attempt.gateway) else {
            return self.postpone(payment, attempt.number).await;
        };
        match gateway.query(&attempt.reference).await {
            Ok(Some(outcome)) => self.take_in(payment.id, attempt, outcome).await,
            Ok(None) => self.send(payment, attempt.number, None).await,
            Err(error) => {
                tracing::warn!(%error, reference = attempt.reference, "the gateway cannot be asked; asking again");
                self.postpone(payment, attempt.number).await
            }
        }
    }

    /// Releases the hold of a payment that is being given up, and closes it.
    ///
    /// # Errors
    /// When catalogue or the store is away; tried again until it is done.
    pub async fn release(&self, payment: &Payment) -> Result<Payment, Problem> {
        let key = ReservationKey { order_id: payment.order_id, attempt: payment.hold };
        self.catalogue.release(key).await?;
        self.change(payment.id, |payment| {
            payment.closed();
            Ok(Effects::default())
        })
        .await
    }

    /// Keeps an authorisation to be sent next.
    pub fn authorisation(payment: &Payment, gateway: &str, session: Option<String>, request: String) -> Wanted {
        Wanted {
            kind: AttemptKind::Authorise,
            step_key: None,
            target: None,
            amount: payment.amount(),
            gateway: gateway.to_owned(),
            session,
            request: Some(request),
        }
    }
}

fn ask_soon(payment: &mut Payment, number: u32, now: Timestamp) {
    if let Some(attempt) = payment.attempts.iter_mut().find(|one| one.number == number) {
        attempt.ask_later(now);
    }
}

fn expired() -> Refusal {
    Refusal { code: "expired".into(), reason: "It was not paid in time. Nothing was charged.".into() }
}
