//! Carries out the workflows of orders: claims due orders, makes one call after the other and saves each result.

mod steps;

use crate::metrics::{DispatchMetrics, step_name};
use crate::order::{Action, Completion, Effects, Failure, Order};
use crate::order_notifier::OrderNotifier;
use crate::store::{Claim, OrderStore};
use chassis::context::{self, Context, ErrorType};
use chassis::idempotency::RETENTION;
use chassis::telemetry::Tracer;
use chassis::telemetry::trace::spans;
use chassis::{ServiceContext, StoreError, SystemContext};
use contracts::catalogue::CatalogueClient;
use contracts::payment::PaymentClient;
use contracts::shipping::ShippingClient;
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

// The lease is several times the limit of one call (10 s), and each saved step renews it.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_secs(1);
const BATCH_SIZE: usize = 16;
const PURGE_INTERVAL: SignedDuration = SignedDuration::from_hours(1);

/// The result of an action that is to be saved.
struct ActionResult {
    claim: Claim,
    action: Action,
    /// The idempotency key under which the action was requested.
    key: String,
    result: Result<Completion, Failure>,
}

/// Carries out the workflows of the orders in a store.
#[derive(Clone)]
pub struct FulfilmentWorker {
    store: Arc<dyn OrderStore>,
    catalogue: CatalogueClient,
    payment: PaymentClient,
    shipping: ShippingClient,
    system: SystemContext,
    tracer: Tracer,
    metrics: DispatchMetrics,
    notifier: OrderNotifier,
    /// Results that could not be saved because the database was unavailable.
    unsaved: Arc<Mutex<Vec<ActionResult>>>,
}

impl FulfilmentWorker {
    /// Creates a worker over the store and the services that carry out the steps.
    pub fn new(
        store: Arc<dyn OrderStore>,
        catalogue: CatalogueClient,
        payment: PaymentClient,
        shipping: ShippingClient,
        service: &ServiceContext,
        metrics: DispatchMetrics,
        notifier: OrderNotifier,
    ) -> Self {
        let (system, tracer) = (service.system.clone(), service.tracer.clone());
        Self { store, catalogue, payment, shipping, system, tracer, metrics, notifier, unsaved: Arc::default() }
    }

    /// Claims and carries out due orders until shutdown.
    pub async fn run(self, stop: CancellationToken) {
        let mut purge_at = self.system.now();
        while !stop.is_cancelled() {
            if purge_at <= self.system.now() {
                purge_at = self.purge_responses().await;
            }
            match self.work().await {
                // A full batch suggests that more orders are due.
                Ok(BATCH_SIZE) => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "claiming due orders failed, retrying"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.notifier.due() => {}
                () = tokio::time::sleep(POLL_INTERVAL) => {}
            }
        }
    }

    /// Deletes stored responses that have passed their retention. Returns the time of the next purge.
    async fn purge_responses(&self) -> Timestamp {
        let now = self.system.now();
        if let Err(error) = self.store.purge_responses(now.saturating_sub(RETENTION).unwrap_or(now)).await {
            tracing::warn!(%error, "purging stored responses failed, retrying later");
        }
        now.saturating_add(PURGE_INTERVAL).unwrap_or(now)
    }

    /// Claims one batch of due orders, carries them as far as possible and returns the size of the batch.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn work(&self) -> Result<usize, StoreError> {
        // Unsaved results come first, before their leases end and another worker repeats the steps.
        let unsaved = std::mem::take(&mut *self.unsaved.lock().unwrap_or_else(PoisonError::into_inner));
        let saves = unsaved.into_iter().map(async |result| {
            if let Some(claim) = self.save(result).await {
                self.process(claim).await;
            }
        });
        futures::future::join_all(saves).await;
        let now = self.system.now();
        let claims = self.store.claim(now, self.lease_end(), BATCH_SIZE).await?;
        let count = claims.len();
        // Concurrently, so that one slow service does not delay the orders that wait for another.
        futures::future::join_all(claims.into_iter().map(|claim| self.process(claim))).await;
        Ok(count)
    }

    fn lease_end(&self) -> Timestamp {
        let now = self.system.now();
        now.saturating_add(LEASE).unwrap_or(now)
    }

    async fn process(&self, mut claim: Claim) {
        while let Some(action) = claim.order.next_action() {
            // The step continues the trace of the request that placed the order.
            let span = spans::step(step_name(&action), claim.order.id().to_string());
            let context = Context::of_work(&self.tracer, claim.order.trace.as_ref(), span);
            let next = context::within(context.clone(), self.take_step(claim, action)).await;
            context.end();
            match next {
                Some(next) => claim = next,
                None => return,
            }
        }
    }

    /// Carries out one step and saves its result. Returns the claim if more is due at once.
    async fn take_step(&self, claim: Claim, action: Action) -> Option<Claim> {
        let key = claim.order.step_key(&action);
        let result = self.carry_out(&claim.order, &action).await;
        // A step that waits for stock or for the gateway has not failed.
        if !matches!(result, Err(Failure::Waiting(_))) {
            self.report(&claim.order, &action, &result);
        }
        self.save(ActionResult { claim, action, key, result }).await
    }

    fn report(&self, order: &Order, action: &Action, result: &Result<Completion, Failure>) {
        self.metrics.step_carried_out(order, action, result.is_ok(), self.system.now());
        let (id, order_number, step) = (order.id(), order.record.order_number.as_str(), step_name(action));
        match result {
            Ok(_) => tracing::info!(order = %id, order_number, step, "a step of an order was carried out"),
            Err(failure) => {
                context::with_current(|context| context.fail(failure.error_type()));
                tracing::warn!(order = %id, order_number, step, error = failure.reason(), "a step of an order failed");
            }
        }
    }

    /// Saves a result. Returns the claim if more is due at once.
    async fn save(&self, result: ActionResult) -> Option<Claim> {
        let (now, id) = (self.system.now(), result.claim.order.id());
        // Pure, so that the store may run it again after an aborted transaction.
        let change = |order: &mut Order| Ok(apply(order, &result, now));
        match self.store.save_step(&result.claim, now, self.lease_end(), &change).await {
            Ok(claim) => {
                self.notifier.notify(id);
                // The store ends the claim when nothing more is due.
                (claim.until > now).then_some(claim)
            }
            // The result waits in memory while the lease lasts, so that the order continues as soon as the database is
            // back. If this process dies first, the step is repeated under the same key after the lease has ended.
            Err(error @ StoreError::Unavailable(_)) if result.claim.until > now => {
                tracing::warn!(%error, order = %id, "saving the result of a step failed, retrying");
                self.unsaved.lock().unwrap_or_else(PoisonError::into_inner).push(result);
                None
            }
            Err(error) => {
                tracing::warn!(%error, order = %id, "the result of a step was not saved, the step is repeated");
                None
            }
        }
    }
}

fn apply(order: &mut Order, outcome: &ActionResult, now: Timestamp) -> Effects {
    let ActionResult { action, key, result, .. } = outcome;
    match result {
        Ok(completion) => order.completed(action, key, completion.clone(), now),
        Err(failure) => order.failed(action, key, failure, now),
    }
}
