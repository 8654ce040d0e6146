//! The payment engine: sends kept commands to gateways, takes in what comes back, asks about what is unknown.

mod webhook_events;
mod reconcile;
mod staff;

use crate::attempt::{PaymentOperation, OperationKind, OperationState, Browser, Instrument, UNREACHED, later};
use crate::gateway::{Command, Gateway, Gateways, Heard, SendError, Told};
use crate::payment::{Effects, Fact, KeptAnswer, Outcome, Payment, Wanted};
use crate::store::PaymentStore;
use chassis::idempotency::IdempotencyScope;
use chassis::{Problem, SystemContext, problem};
use contracts::PaymentId;
use contracts::catalogue::{CatalogueClient, ReservationKey};
use contracts::payment::Refusal;
use jiff::SignedDuration;
use std::sync::Arc;
use tokio::sync::Notify;

/// How the answer to a request is made of the payment it led to.
pub type Render<'r> = &'r (dyn Fn(&Payment) -> (u16, Vec<u8>) + Send + Sync);

/// How an order is to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paying {
    /// The way to pay.
    pub method: String,
    /// What stands for the card.
    pub instrument: Option<Instrument>,
    /// The customer's browser.
    pub browser: Option<Browser>,
    /// The gateways to try, the first first. More than one only where nothing binds the customer to one.
    pub gateways: Vec<String>,
}

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
    pub system: SystemContext,
    /// The address customers use, without a slash at the end.
    base_url: Arc<str>,
    woken: Arc<Notify>,
}

impl Engine {
    /// An engine. Customers come back from banks to paths below `base_url`.
    pub fn new(
        store: Arc<dyn PaymentStore>,
        gateways: Gateways,
        catalogue: CatalogueClient,
        system: SystemContext,
        base_url: &str,
    ) -> Self {
        Self { store, gateways, catalogue, system, base_url: base_url.into(), woken: Arc::default() }
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
        let changed = self.store.change(id, self.system.now(), &change).await?;
        changed.ok_or_else(|| problem::NOT_FOUND.detail("There is no such payment."))?
    }

    fn command_of(&self, payment: &Payment, attempt: &PaymentOperation) -> Command {
        Command::of(payment, attempt, &self.base_url, self.system.now())
    }

    /// Sends a kept command. With a key, the answer to the request is kept together with the outcome.
    ///
    /// # Errors
    /// When the store is away. No answer from the gateway is not an error: the outcome is unknown, and found out later.
    pub async fn send(
        &self,
        payment: &Payment,
        number: u32,
        settle: Option<(&IdempotencyScope, Render<'_>)>,
    ) -> Result<Payment, Problem> {
        let attempt =
            payment.attempt(number).ok_or_else(|| Problem::internal("an attempt that was just kept is missing"))?;
        let told = match self.gateways.get(&attempt.gateway) {
            Some(gateway) => gateway.execute(&self.command_of(payment, attempt)).await,
            None => Err(SendError::NotSent(format!("the gateway {} is not configured", attempt.gateway))),
        };
        let payment = self.take_in(payment.id, attempt, told, settle).await?;
        self.woken.notify_one();
        Ok(payment)
    }

    /// Takes in what came of sending a command.
    async fn take_in(
        &self,
        id: PaymentId,
        attempt: &PaymentOperation,
        told: Result<Told, SendError>,
        settle: Option<(&IdempotencyScope, Render<'_>)>,
    ) -> Result<Payment, Problem> {
        if let Err(error) = &told {
            tracing::warn!(%error, reference = attempt.reference, "a gateway command has no outcome yet");
        }
        let now = self.system.now();
        self.change(id, |payment| {
            let mut effects = Effects::default();
            match heard(attempt, &told) {
                Some(Heard { outcome, links }) => {
                    let reference = attempt.reference.clone();
                    payment.apply(Fact { reference, outcome, links, at: now }, &mut effects);
                }
                None => payment.unanswered(attempt.number, matches!(told, Err(SendError::NotSent(_))), now),
            }
            if let Some((key, render)) = settle {
                let (status, body) = render(payment);
                effects.answer = Some(KeptAnswer { key: key.clone(), status, body });
            }
            Ok(effects)
        })
        .await
    }

    /// Asks the gateway about an attempt and takes in what it says.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn ask(&self, payment: &Payment, attempt: &PaymentOperation) -> Result<Payment, Problem> {
        let Some(gateway) = self.gateways.get(&attempt.gateway) else {
            return self.postpone(payment, attempt.number).await;
        };
        let told = gateway.query(&self.command_of(payment, attempt)).await;
        self.asked(payment, attempt, gateway, told).await
    }

    async fn asked(
        &self,
        payment: &Payment,
        attempt: &PaymentOperation,
        gateway: &Gateway,
        told: Result<Told, SendError>,
    ) -> Result<Payment, Problem> {
        let now = self.system.now();
        let number = attempt.number;
        match told {
            Ok(Told::Heard(Heard { outcome, links })) => {
                let fact = Fact { reference: attempt.reference.clone(), outcome, links, at: now };
                self.change(payment.id, |payment| {
                    let mut effects = Effects::default();
                    payment.apply(fact.clone(), &mut effects);
                    payment.asked(number, now);
                    Ok(effects)
                })
                .await
            }
            Ok(Told::NotFound) => {
                let counts = attempt.would_be_known(gateway.connector().index_delay(), now);
                self.change(payment.id, |payment| {
                    let mut effects = Effects::default();
                    payment.not_found(number, counts, now, &mut effects);
                    payment.asked(number, now);
                    Ok(effects)
                })
                .await
            }
            Ok(Told::Pending) => {
                self.change(payment.id, |payment| {
                    payment.asked(number, now);
                    Ok(Effects::default())
                })
                .await
            }
            Err(error) => {
                tracing::warn!(%error, reference = attempt.reference, "the gateway cannot be asked; asking again");
                self.postpone(payment, number).await
            }
        }
    }

    /// The customer is back from the bank, perhaps with a reference to what it collected about the browser: the
    /// authorisation goes on.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn resume(
        &self,
        payment: &Payment,
        attempt: &PaymentOperation,
        device_data: Option<&str>,
    ) -> Result<Payment, Problem> {
        let Some(gateway) = self.gateways.get(&attempt.gateway) else { return Ok(payment.clone()) };
        let told = gateway.resume(&self.command_of(payment, attempt), device_data).await;
        match &told {
            Ok(Told::Heard(_)) => self.take_in(payment.id, attempt, told, None).await,
            _ => self.asked(payment, attempt, gateway, told).await,
        }
    }

    async fn postpone(&self, payment: &Payment, number: u32) -> Result<Payment, Problem> {
        let now = self.system.now();
        self.change(payment.id, |payment| {
            let waits = |one: &&mut PaymentOperation| one.number == number && one.due_at.is_some();
            if let Some(attempt) = payment.operations.iter_mut().find(waits) {
                attempt.due_at = later(now, SignedDuration::from_secs(30));
            }
            Ok(Effects::default())
        })
        .await
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

    /// Keeps an authorisation through a gateway, to be sent next; answers its number.
    pub fn begin(&self, payment: &mut Payment, paying: &Paying, gateway: &str, request: &str) -> u32 {
        if let Some(gateway) = self.gateways.get(gateway) {
            payment.capture = gateway.connector().capture();
        }
        payment.start(Self::authorisation(payment, paying, gateway, request), self.system.now())
    }

    /// An authorisation of the whole payment.
    pub fn authorisation(payment: &Payment, paying: &Paying, gateway: &str, request: &str) -> Wanted {
        Wanted {
            kind: OperationKind::Authorise,
            step_key: None,
            target: None,
            amount: payment.amount(),
            whole: true,
            gateway: gateway.to_owned(),
            method: paying.method.clone(),
            instrument: paying.instrument.clone(),
            browser: paying.browser.clone(),
            request: Some(request.to_owned()),
        }
    }
}

/// What is known of a command after it was sent. An authorisation that certainly was not is over: the customer may try
/// again, or another gateway; other commands are sent again.
fn heard(attempt: &PaymentOperation, told: &Result<Told, SendError>) -> Option<Heard> {
    match told {
        Ok(Told::Heard(heard)) => Some(heard.clone()),
        Err(SendError::NotSent(_))
            if attempt.kind == OperationKind::Authorise && attempt.state == OperationState::Unknown =>
        {
            let reason = "Our payment partner cannot be reached. Nothing was charged.".to_owned();
            let refusal = Refusal { code: UNREACHED.to_owned(), reason };
            Some(Outcome::Refused { refusal }.into())
        }
        _ => None,
    }
}
