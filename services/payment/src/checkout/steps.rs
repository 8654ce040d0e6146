//! The steps of a checkout: reserve the stock, authorise the payment, store the response.

use super::Checkout;
use crate::engine::{PaymentPlan, ResponseSink};
use crate::operation::{Browser, PaymentOperation};
use crate::payment::{Effects, Payment, State};
use chassis::client::CallError;
use chassis::idempotency::{IdempotencyScope, JsonResponse};
use chassis::{Problem, ProblemKind};
use contracts::PaymentId;
use contracts::catalogue::{
    CODE_NOT_APPLICABLE, OUT_OF_STOCK, RESERVATION_RELEASED, ReservationLine, ReservationRequest, UNKNOWN_CODE,
    UNKNOWN_SKU,
};
use contracts::payment::{CHECKOUT_CLOSED, CheckoutResponse, IN_FLIGHT, PaymentChoice, PaymentStatus, Refusal};

/// The problems that make a reservation fail for good. Anything else, including a missing response, may succeed when
/// tried again.
const FINAL_REFUSALS: [ProblemKind; 5] =
    [OUT_OF_STOCK, CODE_NOT_APPLICABLE, UNKNOWN_CODE, UNKNOWN_SKU, RESERVATION_RELEASED];

/// The result of trying to start an authorisation inside a transaction.
enum AuthorisationStart {
    /// The operation with this number was stored and has to be sent.
    Started(u32),
    /// This request has had its attempt, or the payment cannot be paid any more.
    Settled,
    /// Another request is paying at the moment.
    Busy,
}

impl Checkout {
    /// Resumes a payment with the customer's choice of payment method.
    pub(super) async fn resume(
        &self,
        payment: Payment,
        key: &IdempotencyScope,
        choice: Option<&PaymentChoice>,
        browser: Option<&Browser>,
    ) -> Result<JsonResponse, Problem> {
        let plan = self.plan_payment(choice, payment.amount(), browser)?;
        self.advance(payment, key, plan).await
    }

    /// Advances the payment from its present state to an outcome.
    pub(super) async fn advance(
        &self,
        payment: Payment,
        key: &IdempotencyScope,
        plan: Option<PaymentPlan>,
    ) -> Result<JsonResponse, Problem> {
        let payment = match payment.state {
            State::Reserving => match self.reserve(&payment).await {
                Ok(()) => payment,
                Err(CallError::Refused(problem)) if FINAL_REFUSALS.iter().any(|kind| problem.is(*kind)) => {
                    return self.refuse(&payment, key, *problem).await;
                }
                Err(error) => {
                    // Nothing is decided yet: the customer may retry at once, and the reconciler closes the payment
                    // later if they do not.
                    self.engine.store.release_key(key).await?;
                    return Err(error.into());
                }
            },
            // In any other state the request has been carried out, or another one is paying.
            State::Payable if payment.open_authorisation().is_none() => payment,
            _ => return self.store_response(payment.id, key).await,
        };
        match plan {
            Some(plan) => self.authorise(payment.id, key, &plan).await,
            None => self.place_free(&payment, key).await,
        }
    }

    /// Tries the planned gateways in order, moving on only if one was certainly not reached.
    async fn authorise(
        &self,
        id: PaymentId,
        key: &IdempotencyScope,
        plan: &PaymentPlan,
    ) -> Result<JsonResponse, Problem> {
        let request = key.name();
        let mut remaining = plan.gateways.iter().peekable();
        while let Some(gateway) = remaining.next() {
            // Decided inside the transaction, so that of several requests only one starts an authorisation.
            let (payment, start) = self
                .engine
                .change_with(id, |payment| {
                    payment.mark_reserved();
                    let is_free = payment.state == State::Payable && payment.open_authorisation().is_none();
                    let start = if is_free && !payment.has_tried(&request) {
                        let number = self.engine.start_authorisation(payment, plan, gateway, &request);
                        AuthorisationStart::Started(number)
                    } else if payment.open_authorisation().is_none() || payment.has_tried(&request) {
                        AuthorisationStart::Settled
                    } else {
                        AuthorisationStart::Busy
                    };
                    Ok((Effects::default(), start))
                })
                .await?;
            let number = match start {
                AuthorisationStart::Started(number) => number,
                AuthorisationStart::Settled => break,
                AuthorisationStart::Busy => {
                    self.engine.store.release_key(key).await?;
                    return Err(IN_FLIGHT.detail("Another request is paying this order. Fetch the payment again."));
                }
            };
            if remaining.peek().is_none() {
                // The outcome at the last gateway is the response, stored with it in one transaction.
                let render = |payment: &Payment| self.render(payment);
                let sink = ResponseSink { key, render: &render };
                let payment = self.engine.send(&payment, number, Some(sink)).await?;
                return Ok(self.response(&payment));
            }
            let payment = self.engine.send(&payment, number, None).await?;
            if !payment.operation(number).is_some_and(PaymentOperation::is_gateway_unreachable) {
                break;
            }
            tracing::warn!(gateway, payment = %id, "a gateway is unavailable; trying the next one");
        }
        self.store_response(id, key).await
    }

    async fn reserve(&self, payment: &Payment) -> Result<(), CallError> {
        let lines = payment.cart.lines.iter();
        let request = ReservationRequest {
            order_id: payment.order_id,
            attempt: payment.reservation_attempt,
            lines: lines.map(|line| ReservationLine { sku: line.sku.clone(), quantity: line.quantity }).collect(),
            code: payment.cart.code.clone(),
            cart_id: Some(payment.cart.cart_id),
            expected_by: payment.expires_at,
        };
        self.engine.catalogue.reserve(&request).await.map(|_| ())
    }

    /// Closes a payment whose stock cannot be reserved, and stores the refusal as the response. The release afterwards
    /// also covers an earlier reservation request that is still on its way to the catalogue.
    async fn refuse(
        &self,
        payment: &Payment,
        key: &IdempotencyScope,
        problem: Problem,
    ) -> Result<JsonResponse, Problem> {
        let body = serde_json::to_vec(&problem).map_err(Problem::internal)?;
        let refusal = Refusal { code: problem.slug().to_owned(), reason: problem.detail.clone().into_owned() };
        let refused = |_: &Payment| (problem.status, body.clone());
        let current = |payment: &Payment| self.render(payment);
        let (payment, closed) = self
            .engine
            .change_with(payment.id, |payment| {
                // Another handler may have taken over this request and made progress; its result counts then.
                let closed = payment.state == State::Reserving && payment.close(refusal.clone());
                let sink = if closed {
                    ResponseSink { key, render: &refused }
                } else {
                    ResponseSink { key, render: &current }
                };
                let response = Some(sink.response(payment));
                Ok((Effects { response, ..Effects::default() }, closed))
            })
            .await?;
        if !closed {
            return Ok(self.response(&payment));
        }
        if let Err(problem) = self.engine.release_reservation(&payment).await {
            tracing::warn!(error = %problem, payment = %payment.id, "cannot release a reservation; the reconciler retries");
        }
        Ok(JsonResponse { status: problem.status, body })
    }

    /// Places an order with nothing to pay, without a gateway.
    async fn place_free(&self, payment: &Payment, key: &IdempotencyScope) -> Result<JsonResponse, Problem> {
        let now = self.engine.system.now();
        let render = |payment: &Payment| self.render(payment);
        let payment = self
            .engine
            .change(payment.id, |payment| {
                payment.mark_reserved();
                let mut effects = Effects::default();
                if payment.state == State::Payable {
                    payment.place(None, now, &mut effects);
                }
                effects.response = Some(ResponseSink { key, render: &render }.response(payment));
                Ok(effects)
            })
            .await?;
        Ok(self.response(&payment))
    }

    /// Stores the payment's present state as the response.
    pub(super) async fn store_response(&self, id: PaymentId, key: &IdempotencyScope) -> Result<JsonResponse, Problem> {
        let render = |payment: &Payment| self.render(payment);
        let payment = self
            .engine
            .change(id, |payment| {
                let response = Some(ResponseSink { key, render: &render }.response(payment));
                Ok(Effects { response, ..Effects::default() })
            })
            .await?;
        Ok(self.response(&payment))
    }

    fn response(&self, payment: &Payment) -> JsonResponse {
        let (status, body) = self.render(payment);
        JsonResponse { status, body }
    }

    fn render(&self, payment: &Payment) -> (u16, Vec<u8>) {
        let view = payment.view();
        let status = match view.status {
            // Stored as well: clients poll the payment instead of repeating the checkout.
            PaymentStatus::Processing => 202,
            PaymentStatus::Closed => {
                let reason =
                    payment.close_reason.as_ref().map_or("The checkout was closed.", |closed| closed.reason.as_str());
                let problem = CHECKOUT_CLOSED.detail(format!("{reason} Start again with a new idempotency key."));
                return (problem.status, serde_json::to_vec(&problem).unwrap_or_default());
            }
            _ => 201,
        };
        let response = CheckoutResponse {
            order_id: payment.order_id,
            order_number: payment.order_number.clone(),
            order_token: self.links.token(payment.order_id),
            payment: view,
        };
        (status, serde_json::to_vec(&response).unwrap_or_default())
    }
}
