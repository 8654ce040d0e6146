//! The payment engine: sends stored operations to gateways, applies their responses, queries unknown outcomes.

mod manual_resolution;
mod reconcile;
mod webhook_events;

use crate::gateway::{Command, Gateway, GatewayResponse, Gateways, OperationResult, SendError};
use crate::metrics::{Moved, PaymentMetrics, outcome};
use crate::operation::{
    Browser, GATEWAY_UNREACHABLE, Instrument, OperationKind, OperationState, PaymentOperation, kind_name, later,
};
use crate::payment::{Effects, Fact, IdempotentResponse, NewOperation, Outcome, Payment};
use crate::store::PaymentStore;
use chassis::idempotency::IdempotencyScope;
use chassis::telemetry::Tracer;
use chassis::{Problem, ServiceContext, SystemContext, problem};
use contracts::PaymentId;
use contracts::catalogue::{CatalogueClient, ReservationKey};
use contracts::payment::Refusal;
use jiff::SignedDuration;
use std::sync::Arc;
use tokio::sync::Notify;

/// The name of a query in metrics and spans.
const QUERY: &str = "query";
/// The delay before an operation is queried again when the gateway could not be queried at all.
const QUERY_RETRY_DELAY: SignedDuration = SignedDuration::from_secs(30);

/// Renders the response to a request from the changed payment, to be stored under the request's key in the same
/// transaction.
#[derive(Clone, Copy)]
pub struct ResponseSink<'a> {
    /// The idempotency key of the request.
    pub key: &'a IdempotencyScope,
    /// Renders status and body.
    pub render: &'a (dyn Fn(&Payment) -> (u16, Vec<u8>) + Send + Sync),
}

impl ResponseSink<'_> {
    /// The response for the payment in its present state.
    pub fn response(&self, payment: &Payment) -> IdempotentResponse {
        let (status, body) = (self.render)(payment);
        IdempotentResponse { key: self.key.clone(), status, body }
    }
}

/// The customer's choice of how to pay an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentPlan {
    pub method: String,
    pub instrument: Option<Instrument>,
    pub browser: Option<Browser>,
    /// The gateways to try, in order. There is more than one only if nothing binds the customer to one of them.
    pub gateways: Vec<String>,
}

/// The payment engine. Clones share their state.
#[derive(Clone)]
pub struct Engine {
    pub store: Arc<dyn PaymentStore>,
    pub gateways: Gateways,
    pub catalogue: CatalogueClient,
    pub system: SystemContext,
    pub(crate) tracer: Tracer,
    pub(crate) metrics: PaymentMetrics,
    /// The public base URL, without a trailing slash.
    base_url: Arc<str>,
    /// Wakes the reconciler before its next poll.
    pub(crate) wake: Arc<Notify>,
}

impl Engine {
    /// Creates an engine. Banks send customers back to paths below `base_url`.
    pub fn new(
        store: Arc<dyn PaymentStore>,
        gateways: Gateways,
        catalogue: CatalogueClient,
        service: &ServiceContext,
        base_url: &str,
    ) -> Self {
        let (system, tracer) = (service.system.clone(), service.tracer.clone());
        let metrics = PaymentMetrics::new(&service.metrics);
        Self { store, gateways, catalogue, system, tracer, metrics, base_url: base_url.into(), wake: Arc::default() }
    }

    /// Changes a payment in one transaction.
    ///
    /// # Errors
    /// 404 when there is no such payment, or the problem returned by `change`.
    pub async fn change(
        &self,
        id: PaymentId,
        change: impl Fn(&mut Payment) -> Result<Effects, Problem> + Send + Sync,
    ) -> Result<Payment, Problem> {
        self.change_with(id, |payment| Ok((change(payment)?, ()))).await.map(|(payment, ())| payment)
    }

    /// Like [`Self::change`], and also returns a value that `change` computed inside the transaction.
    ///
    /// # Errors
    /// Those of [`Self::change`].
    pub async fn change_with<T: Send>(
        &self,
        id: PaymentId,
        change: impl Fn(&mut Payment) -> Result<(Effects, T), Problem> + Send + Sync,
    ) -> Result<(Payment, T), Problem> {
        let change = |payment: &mut Payment| {
            let before = payment.state;
            let (effects, value) = change(payment)?;
            let moved = Moved::by(&effects);
            Ok((effects, (value, moved, before)))
        };
        let changed = self.store.change_with(id, self.system.now(), change).await?;
        let (payment, (value, moved, before)) = changed.ok_or_else(payment_not_found)??;
        // Counted and logged once it is committed: an aborted transaction runs the change again.
        self.metrics.count(&moved);
        if payment.state != before {
            let (payment_id, order, order_number) = (payment.id, payment.order_id, payment.order_number.as_str());
            let step = payment.state.as_str();
            tracing::info!(payment = %payment_id, order = %order, order_number, step, "payment changed its state");
        }
        Ok((payment, value))
    }

    fn command_of(&self, payment: &Payment, operation: &PaymentOperation) -> Command {
        Command::of(payment, operation, &self.base_url, self.system.now())
    }

    /// Sends a stored operation. With a sink, the response to the request is stored together with the outcome.
    ///
    /// # Errors
    /// When the store is unavailable. A missing response of the gateway is no error: the outcome is unknown and queried
    /// later.
    pub async fn send(
        &self,
        payment: &Payment,
        number: u32,
        sink: Option<ResponseSink<'_>>,
    ) -> Result<Payment, Problem> {
        let operation =
            payment.operation(number).ok_or_else(|| Problem::internal("an operation just stored is missing"))?;
        let response = match self.gateways.get(&operation.gateway) {
            Some(gateway) => {
                let command = self.command_of(payment, operation);
                let call = gateway.execute(&command);
                self.metrics.observe(gateway, payment, kind_name(operation.kind), call).await
            }
            // The gateway may be configured again later, so the operation stays open.
            None => Err(SendError::NotSent(format!("the gateway {} is not configured", operation.gateway))),
        };
        // The reconciler is woken afterwards, as the outcome may have made a follow-up due, such as a void.
        let payment = self.apply_response(payment, operation, response, sink).await?;
        self.wake.notify_one();
        Ok(payment)
    }

    async fn apply_response(
        &self,
        payment: &Payment,
        operation: &PaymentOperation,
        response: Result<GatewayResponse, SendError>,
        sink: Option<ResponseSink<'_>>,
    ) -> Result<Payment, Problem> {
        let (id, order) = (payment.id, payment.order_id);
        let (gateway, reference) = (operation.gateway.as_str(), operation.reference.as_str());
        let step = kind_name(operation.kind);
        match &response {
            Ok(_) => {
                let outcome = outcome(&response);
                tracing::info!(
                    %order, payment = %id, gateway, operation = step, reference, outcome,
                    "the gateway responded"
                );
            }
            Err(error) => {
                tracing::warn!(
                    %error, %order, payment = %id, gateway, operation = step, reference,
                    "a gateway operation has no outcome yet"
                );
            }
        }
        let now = self.system.now();
        self.change(id, |payment| {
            let mut effects = Effects::default();
            match result_of(operation, &response) {
                Some(OperationResult { outcome, links }) => {
                    let reference = operation.reference.clone();
                    payment.apply(Fact { reference, outcome, links, at: now }, &mut effects);
                }
                None => {
                    let not_sent = matches!(response, Err(SendError::NotSent(_)));
                    payment.record_no_response(operation.number, not_sent, now);
                }
            }
            effects.response = sink.map(|sink| sink.response(payment));
            Ok(effects)
        })
        .await
    }

    /// Queries the gateway about an operation and applies the result.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn query(&self, payment: &Payment, operation: &PaymentOperation) -> Result<Payment, Problem> {
        let Some(gateway) = self.gateways.get(&operation.gateway) else {
            return self.delay_query(payment, operation.number).await;
        };
        let command = self.command_of(payment, operation);
        let response = self.metrics.observe(gateway, payment, QUERY, gateway.query(&command)).await;
        self.apply_query_response(payment, operation, gateway, response).await
    }

    async fn apply_query_response(
        &self,
        payment: &Payment,
        operation: &PaymentOperation,
        gateway: &Gateway,
        response: Result<GatewayResponse, SendError>,
    ) -> Result<Payment, Problem> {
        let now = self.system.now();
        let number = operation.number;
        match response {
            Ok(GatewayResponse::Outcome(OperationResult { outcome, links })) => {
                let fact = Fact { reference: operation.reference.clone(), outcome, links, at: now };
                self.change(payment.id, |payment| {
                    let mut effects = Effects::default();
                    // A settled operation is no longer due, so `record_query` only reschedules one that is still
                    // open.
                    payment.apply(fact.clone(), &mut effects);
                    payment.record_query(number, now);
                    Ok(effects)
                })
                .await
            }
            Ok(GatewayResponse::NotFound) => {
                let counts = operation.is_past_index_delay(gateway.connector().index_delay(), now);
                self.change(payment.id, |payment| {
                    let mut effects = Effects::default();
                    payment.record_not_found(number, counts, now, &mut effects);
                    payment.record_query(number, now);
                    Ok(effects)
                })
                .await
            }
            Ok(GatewayResponse::Pending) => {
                self.change(payment.id, |payment| {
                    payment.record_query(number, now);
                    Ok(Effects::default())
                })
                .await
            }
            Err(error) => {
                tracing::warn!(%error, reference = operation.reference, "cannot query the gateway; retrying later");
                self.delay_query(payment, number).await
            }
        }
    }

    /// Continues an authorisation after the customer has returned from the bank, possibly with a reference to the device
    /// data it collected.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn resume(
        &self,
        payment: &Payment,
        operation: &PaymentOperation,
        device_data: Option<&str>,
    ) -> Result<Payment, Problem> {
        // Without its gateway the authorisation cannot continue now; the reconciler retries.
        let Some(gateway) = self.gateways.get(&operation.gateway) else { return Ok(payment.clone()) };
        let command = self.command_of(payment, operation);
        let call = gateway.resume(&command, device_data);
        let response = self.metrics.observe(gateway, payment, kind_name(operation.kind), call).await;
        match &response {
            Ok(GatewayResponse::Outcome(_)) => self.apply_response(payment, operation, response, None).await,
            // Without an outcome this counts as a query: a repeated return must not change what is known.
            _ => self.apply_query_response(payment, operation, gateway, response).await,
        }
    }

    async fn delay_query(&self, payment: &Payment, number: u32) -> Result<Payment, Problem> {
        let now = self.system.now();
        self.change(payment.id, |payment| {
            let scheduled = |one: &&mut PaymentOperation| one.number == number && one.due_at.is_some();
            if let Some(operation) = payment.operations.iter_mut().find(scheduled) {
                operation.due_at = later(now, QUERY_RETRY_DELAY);
            }
            Ok(Effects::default())
        })
        .await
    }

    /// Releases the reservation of a payment that is being closed, and marks it closed.
    ///
    /// # Errors
    /// When the catalogue or the store is unavailable; the reconciler retries.
    pub async fn release_reservation(&self, payment: &Payment) -> Result<Payment, Problem> {
        let key = ReservationKey { order_id: payment.order_id, attempt: payment.reservation_attempt };
        // Released before the payment is marked closed: after a crash in between, the release is repeated, which is
        // idempotent.
        self.catalogue.release(key).await?;
        self.change(payment.id, |payment| {
            payment.mark_closed();
            Ok(Effects::default())
        })
        .await
    }

    /// Stores an authorisation through a gateway, to be sent next, and returns its number.
    pub fn start_authorisation(&self, payment: &mut Payment, plan: &PaymentPlan, gateway: &str, request: &str) -> u32 {
        if let Some(gateway) = self.gateways.get(gateway) {
            // Stored with the payment: a later change of settings must not change when this order is captured.
            payment.capture = gateway.connector().capture();
        }
        payment.start(Self::new_authorisation(payment, plan, gateway, request), self.system.now())
    }

    /// An authorisation of the full payment.
    pub fn new_authorisation(payment: &Payment, plan: &PaymentPlan, gateway: &str, request: &str) -> NewOperation {
        NewOperation {
            kind: OperationKind::Authorise,
            step_key: None,
            target: None,
            amount: payment.amount(),
            full: true,
            gateway: gateway.to_owned(),
            method: plan.method.clone(),
            instrument: plan.instrument.clone(),
            browser: plan.browser.clone(),
            request: Some(request.to_owned()),
        }
    }
}

fn payment_not_found() -> Problem {
    problem::NOT_FOUND.detail("Payment not found.")
}

/// The result of sending an operation, if it is known. An authorisation that was certainly not sent is over, so that the
/// customer can try again or another gateway; other operations are sent again later.
fn result_of(operation: &PaymentOperation, response: &Result<GatewayResponse, SendError>) -> Option<OperationResult> {
    match response {
        Ok(GatewayResponse::Outcome(result)) => Some(result.clone()),
        Err(SendError::NotSent(_))
            // A challenged authorisation has reached the gateway before, so it stays open.
            if operation.kind == OperationKind::Authorise && operation.state == OperationState::Unknown =>
        {
            let reason = "Our payment provider is temporarily unavailable. You have not been charged.".to_owned();
            let refusal = Refusal { code: GATEWAY_UNREACHABLE.to_owned(), reason };
            Some(Outcome::Refused { refusal }.into())
        }
        _ => None,
    }
}
