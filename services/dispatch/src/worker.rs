//! Carries workflows out: claims what is due, does one action after the other, keeps what came of each.

use crate::order::{Action, Done, Effects, Failure, Order, ReturnStep, Step, Undo};
use crate::store::{Claim, OrderStore};
use chassis::client::CallError;
use chassis::idempotency::RETENTION;
use chassis::{SystemContext, StoreError, problem};
use contracts::catalogue::{AWAITING_STOCK, CatalogueClient, ReservationKey, ReservationLine, STOCK_MISSING};
use contracts::payment::{CommandResponse, CommandRequest, CommandState, MoneyCommand, PaymentClient};
use contracts::shipping::{ALREADY_SHIPPED, ShipmentCancellation, ShipmentRequest, ShippingClient};
use jiff::SignedDuration;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const LEASE: SignedDuration = SignedDuration::from_secs(60);
const PAUSE: Duration = Duration::from_secs(1);
const BATCH: usize = 16;
const BETWEEN_CLEANINGS: SignedDuration = SignedDuration::from_hours(1);

/// Says that something may be due, to the worker, and that something has changed, to those who watch an order.
#[derive(Clone)]
pub struct Bell {
    due: Arc<Notify>,
    changed: tokio::sync::broadcast::Sender<contracts::OrderId>,
}

impl Default for Bell {
    fn default() -> Self {
        Self { due: Arc::default(), changed: tokio::sync::broadcast::channel(256).0 }
    }
}

impl Bell {
    /// An order has changed, and may be due.
    pub fn ring(&self, id: contracts::OrderId) {
        self.due.notify_one();
        // Nobody may be watching.
        let _ = self.changed.send(id);
    }

    /// The changes from now on.
    pub fn watch(&self) -> tokio::sync::broadcast::Receiver<contracts::OrderId> {
        self.changed.subscribe()
    }
}

/// What came of a step, to be kept.
struct Outcome {
    claim: Claim,
    action: Action,
    /// What it was asked for under.
    key: String,
    result: Result<Done, Failure>,
}

/// The worker.
#[derive(Clone)]
pub struct Worker {
    store: Arc<dyn OrderStore>,
    catalogue: CatalogueClient,
    payment: PaymentClient,
    shipping: ShippingClient,
    system: SystemContext,
    bell: Bell,
    /// What could not be kept when it came, because the database was away.
    unkept: Arc<Mutex<Vec<Outcome>>>,
}

impl Worker {
    /// A worker over its store and the services it commands.
    pub fn new(
        store: Arc<dyn OrderStore>,
        catalogue: CatalogueClient,
        payment: PaymentClient,
        shipping: ShippingClient,
        system: SystemContext,
        bell: Bell,
    ) -> Self {
        Self { store, catalogue, payment, shipping, system, bell, unkept: Arc::default() }
    }

    /// Works until shutdown.
    pub async fn run(self, stop: CancellationToken) {
        let mut clean_at = self.system.now();
        while !stop.is_cancelled() {
            if clean_at <= self.system.now() {
                clean_at = self.clean().await;
            }
            match self.work().await {
                Ok(BATCH) => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "cannot look for orders to work on; trying again"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.bell.due.notified() => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    /// Forgets answers that nobody asks for again; says when to do so the next time.
    async fn clean(&self) -> jiff::Timestamp {
        let now = self.system.now();
        if let Err(error) = self.store.forget_answers(now.saturating_sub(RETENTION).unwrap_or(now)).await {
            tracing::warn!(%error, "cannot forget the answers of old requests; trying again later");
        }
        now.saturating_add(BETWEEN_CLEANINGS).unwrap_or(now)
    }

    /// Works on what is due now; says how many orders that were.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn work(&self) -> Result<usize, StoreError> {
        let unkept = std::mem::take(&mut *self.unkept.lock().unwrap_or_else(PoisonError::into_inner));
        let late = unkept.into_iter().map(async |outcome| {
            if let Some(claim) = self.keep(outcome).await {
                self.carry_on(claim).await;
            }
        });
        futures::future::join_all(late).await;
        let now = self.system.now();
        let claims = self.store.claim(now, self.lease(), BATCH).await?;
        let count = claims.len();
        futures::future::join_all(claims.into_iter().map(|claim| self.carry_on(claim))).await;
        Ok(count)
    }

    fn lease(&self) -> jiff::Timestamp {
        let now = self.system.now();
        now.saturating_add(LEASE).unwrap_or(now)
    }

    async fn carry_on(&self, mut claim: Claim) {
        while let Some(action) = claim.order.next_action() {
            let key = claim.order.step_key(&action);
            let result = self.act(&claim.order, &action).await;
            match self.keep(Outcome { claim, action, key, result }).await {
                Some(next) => claim = next,
                None => return,
            }
        }
    }

    /// Keeps what came of a step; gives the claim when there is more to do at once. While the database is away the
    /// outcome waits here, so that the order need not wait for its lease to end; a process that dies meanwhile leaves
    /// the step to be done again then.
    async fn keep(&self, outcome: Outcome) -> Option<Claim> {
        let (now, id) = (self.system.now(), outcome.claim.order.id());
        let change = |order: &mut Order| Ok(apply(order, &outcome, now));
        match self.store.advance(&outcome.claim, now, self.lease(), &change).await {
            Ok(claim) => {
                self.bell.ring(id);
                (claim.until > now).then_some(claim)
            }
            Err(error @ StoreError::Unavailable(_)) if outcome.claim.until > now => {
                tracing::warn!(%error, order = %id, "what came of a step could not be kept; trying again");
                self.unkept.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
                None
            }
            Err(error) => {
                tracing::warn!(%error, order = %id, "what came of a step could not be kept; it is done again");
                None
            }
        }
    }

    async fn act(&self, order: &Order, action: &Action) -> Result<Done, Failure> {
        match action {
            Action::Forward(Step::CommitStock) => self.commit_stock(order).await,
            Action::Forward(Step::Capture) => {
                let answer = self.command(order, action, MoneyCommand::Capture { amount: None }).await?;
                Ok(Done::Captured { totals: answer.totals, receipt_number: answer.receipt_number })
            }
            Action::Forward(Step::CreateShipment) => self.create_shipment(order, action).await,
            Action::Back(Undo::CancelShipment) => self.cancel_shipment(order, action).await,
            Action::Back(Undo::UndoPayment) => {
                // A capture still on its way is waited for: undoing begins when its outcome is known.
                let answer = self.command(order, action, MoneyCommand::Undo).await?;
                Ok(Done::PaymentUndone(answer.totals))
            }
            Action::Back(Undo::ReleaseStock) => {
                self.catalogue.release(reservation(order)).await.map_err(|error| failure(&error))?;
                Ok(Done::StockReleased)
            }
            Action::Refund(refund) => {
                let answer = self.command(order, action, MoneyCommand::Refund { amount: refund.amount }).await?;
                Ok(Done::Refunded { key: refund.key.clone(), moved: answer.moved, totals: answer.totals })
            }
            Action::Return { id, step } => self.go_on_with_return(order, action, *id, *step).await,
        }
    }

    async fn go_on_with_return(
        &self,
        order: &Order,
        action: &Action,
        id: u32,
        step: ReturnStep,
    ) -> Result<Done, Failure> {
        let found = order.returns.iter().find(|one| one.id == id);
        let found = found.ok_or_else(|| Failure::Never("there is no such return".to_owned()))?;
        match step {
            ReturnStep::Refund => {
                let answer = self.command(order, action, MoneyCommand::Refund { amount: found.refund }).await?;
                Ok(Done::ReturnRefunded { id, moved: answer.moved, totals: answer.totals })
            }
            ReturnStep::Restock => {
                let lines = found.accepted.iter();
                let lines = lines.map(|line| ReservationLine { sku: line.sku.clone(), quantity: line.quantity });
                let restocked = self.catalogue.restock(&order.step_key(action), lines.collect()).await;
                restocked.map(|()| Done::Restocked(id)).map_err(|error| failure(&error))
            }
        }
    }

    async fn commit_stock(&self, order: &Order) -> Result<Done, Failure> {
        match self.catalogue.commit(reservation(order)).await {
            Ok(_) => Ok(Done::StockCommitted),
            Err(error) if error.refused_as(AWAITING_STOCK).is_some() => Err(Failure::Waiting(error.to_string())),
            Err(error) if error.refused_as(STOCK_MISSING).is_some() => Err(Failure::Person(error.to_string())),
            Err(error) => Err(failure(&error)),
        }
    }

    async fn command(&self, order: &Order, action: &Action, command: MoneyCommand) -> Result<CommandResponse, Failure> {
        let manual_note = order.manual_note(action).map(ToOwned::to_owned);
        let request = CommandRequest { step_key: order.step_key(action), command, manual_note };
        let answer = self.payment.command(order.id(), &request).await.map_err(|error| failure(&error))?;
        match &answer.state {
            CommandState::Done => Ok(answer),
            CommandState::Pending => Err(Failure::Waiting("the gateway's answer is awaited".to_owned())),
            CommandState::Refused { reason } => Err(Failure::Never(reason.clone())),
            CommandState::NeedsAttention { reason } => Err(Failure::Open(reason.clone())),
        }
    }

    async fn create_shipment(&self, order: &Order, action: &Action) -> Result<Done, Failure> {
        let record = &order.record;
        let weight = |line: &contracts::cart::CartLine| u64::from(line.weight_grams) * u64::from(line.quantity.get());
        let request = ShipmentRequest {
            order_id: order.id(),
            order_number: record.order_number.clone(),
            step_key: order.step_key(action),
            address: record.address.clone(),
            place_id: record.cart.shipping.place.id,
            option: record.cart.shipping.option.clone(),
            weight_grams: record.cart.lines.iter().map(weight).sum(),
        };
        self.shipping.create_shipment(&request).await.map(Done::ShipmentCreated).map_err(|error| failure(&error))
    }

    async fn cancel_shipment(&self, order: &Order, action: &Action) -> Result<Done, Failure> {
        let request = ShipmentCancellation { order_id: order.id(), step_key: order.step_key(action) };
        match self.shipping.cancel_shipment(&request).await {
            Ok(()) => Ok(Done::ShipmentCancelled),
            Err(error) if error.refused_as(ALREADY_SHIPPED).is_some() => Ok(Done::ShipmentLeft),
            Err(error) => Err(failure(&error)),
        }
    }
}

fn apply(order: &mut Order, outcome: &Outcome, now: jiff::Timestamp) -> Effects {
    let Outcome { action, key, result, .. } = outcome;
    match result {
        Ok(done) => order.done(action, key, done.clone(), now),
        Err(failure) => {
            tracing::warn!(order = %order.id(), ?action, ?failure, "a step of a workflow did not succeed");
            order.failed(action, key, failure, now);
            Effects::default()
        }
    }
}

fn reservation(order: &Order) -> ReservationKey {
    ReservationKey { order_id: order.id(), attempt: order.record.reservation_attempt }
}

fn failure(error: &CallError) -> Failure {
    // A race that was lost, or a token that was not accepted, says nothing about the step.
    let passing = matches!(error, CallError::Refused(problem)
        if problem.is(problem::CONFLICT) || matches!(problem.status, 401 | 403));
    if passing || error.is_transient() { Failure::Later(error.to_string()) } else { Failure::Never(error.to_string()) }
}
