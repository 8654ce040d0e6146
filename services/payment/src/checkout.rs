//! Checkout: from a cart to a paid order, in steps that are each durable before the next begins.

mod steps;

use crate::engine::{Engine, PaymentPlan};
use crate::idempotency::KeyState;
use crate::operation::{Browser, Instrument, OperationState};
use crate::payment::{Effects, PAYMENT_WINDOW, Payment, State};
use crate::store::{BeginOutcome, IdempotentRequest};
use chassis::auth::Principal;
use chassis::context::{self, Context};
use chassis::idempotency::{IdempotencyScope, JsonResponse};
use chassis::{Problem, StoreError, problem};
use contracts::cart::{CartClient, CartSnapshot, SnapshotRequest};
use contracts::payment::{
    AttemptRequest, CART_IN_CHECKOUT, CaptureTiming, CheckoutRequest, IN_FLIGHT, KEY_REUSED, NOT_POSSIBLE_NOW,
    OrderLinks, PaymentAction, PaymentChoice, PaymentMethod, PaymentStatus, Refusal, TOTAL_CHANGED, UNKNOWN_METHOD,
};
use contracts::{Currency, Money, OrderId, PaymentId};

/// A customer's payment request as it was received.
#[derive(Debug, Clone, Copy)]
pub struct CustomerRequest<'r, R> {
    pub key: &'r IdempotencyScope,
    /// The raw bytes of the body, for its digest.
    pub bytes: &'r [u8],
    pub body: &'r R,
    pub browser: Option<&'r Browser>,
}

/// The checkout use cases.
#[derive(Clone)]
pub struct Checkout {
    engine: Engine,
    cart: CartClient,
    links: OrderLinks,
}

impl Checkout {
    /// Creates the use cases on top of an engine.
    pub const fn new(engine: Engine, cart: CartClient, links: OrderLinks) -> Self {
        Self { engine, cart, links }
    }

    /// The engine that these use cases run on.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Turns the caller's cart into an order and pays it.
    ///
    /// # Errors
    /// A problem when nothing was begun. Everything after that is a response that is stored for the key.
    pub async fn check_out(
        &self,
        principal: &Principal,
        request: CustomerRequest<'_, CheckoutRequest>,
    ) -> Result<JsonResponse, Problem> {
        let CustomerRequest { key: scope, bytes, body, browser } = request;
        let key = IdempotentRequest::new(scope.clone(), &[], bytes);
        match self.engine.store.look_up(&key, self.engine.system.now()).await? {
            KeyState::Fresh => {}
            KeyState::Resumed(id) => {
                let payment = self.find(id).await?;
                return self.resume(payment, scope, body.payment.as_ref(), browser).await;
            }
            known => return replay(known),
        }
        // Validated before anything is stored, so that the key stays usable after a mistake. Not before the key is looked up:
        // a checkout that an earlier version took keeps its response.
        let accepted = CheckoutRequest { address: body.address.clone().accepted("/address")?, ..body.clone() };
        let body = &accepted;
        let request = CustomerRequest { body, ..request };
        let plan = self.plan_payment(body.payment.as_ref(), body.expected_total, browser)?;
        let snapshot = self.snapshot(principal, body).await?;
        let version = snapshot.version;
        let payment = self.draft(principal, snapshot, body);
        let now = self.engine.system.now();
        match self.engine.store.begin(payment, &key, now).await.map_err(in_flight)? {
            BeginOutcome::New(payment) => self.advance(*payment, scope, plan).await,
            BeginOutcome::Existing(existing) => {
                // The existing payment may come from this very request, if it was sent twice at the same time.
                match self.engine.store.look_up(&key, now).await? {
                    KeyState::Fresh => self.resolve_existing(principal, *existing, version, &key, request).await,
                    known => replay(known),
                }
            }
        }
    }

    async fn snapshot(&self, principal: &Principal, request: &CheckoutRequest) -> Result<CartSnapshot, Problem> {
        let snapshot_request = SnapshotRequest {
            owner: principal.subject.to_string(),
            country: request.address.country,
            destination: Some(request.address.destination()),
            language: Some(request.language),
        };
        let snapshot = self.cart.snapshot(&snapshot_request).await?;
        // The customer agreed to the total they were shown; any other amount is never charged.
        if snapshot.totals.total != request.expected_total {
            return Err(TOTAL_CHANGED
                .detail("The cart's total differs from the one you were shown. Review the cart and try again.")
                .with("expected", request.expected_total)
                .with("actual", snapshot.totals.total));
        }
        Ok(snapshot)
    }

    fn draft(&self, principal: &Principal, cart: CartSnapshot, request: &CheckoutRequest) -> Payment {
        let now = self.engine.system.now();
        Payment {
            id: PaymentId(self.engine.system.id()),
            order_id: OrderId(self.engine.system.id()),
            // Assigned by the store inside its transaction, so that order numbers have no gaps.
            order_number: String::new(),
            owner: principal.subject.to_string(),
            cart,
            email: request.email.clone(),
            address: request.address.clone(),
            language: request.language,
            state: State::Reserving,
            close_reason: None,
            reservation_attempt: 1,
            operations: Vec::new(),
            facts: Vec::new(),
            created_at: now,
            expires_at: now.saturating_add(PAYMENT_WINDOW).unwrap_or(now),
            placed_at: None,
            placed_by: None,
            capture: CaptureTiming::Now,
            receipt_number: None,
            discrepancies: Vec::new(),
            back_off_until: None,
            trace: context::with_current(Context::origin).flatten(),
        }
    }

    /// Handles a cart that already has a payment. A paid one is returned; a refused one is continued, or superseded if
    /// the checkout has changed since.
    async fn resolve_existing(
        &self,
        principal: &Principal,
        existing: Payment,
        version: i64,
        key: &IdempotentRequest,
        request: CustomerRequest<'_, CheckoutRequest>,
    ) -> Result<JsonResponse, Problem> {
        if existing.owner != principal.subject.to_string() {
            return Err(CART_IN_CHECKOUT.detail("Another session is paying for this cart."));
        }
        let now = self.engine.system.now();
        let CustomerRequest { key: scope, body, browser, .. } = request;
        let unchanged = existing.cart.version == version;
        let same = unchanged
            && existing.amount() == body.expected_total
            && existing.email == body.email
            && existing.address == body.address;
        match (existing.state, existing.open_authorisation()) {
            (State::Placed, _) if unchanged => {
                self.engine.store.attach(existing.id, key, now).await.map_err(in_flight)?;
                self.store_response(existing.id, scope).await
            }
            // The cart service has not processed `order.placed` yet, so its cart still holds the paid lines.
            (State::Placed, _) => Err(CART_IN_CHECKOUT
                .detail("This cart was just paid for. Items added since are moved to a new cart; try again shortly.")
                .with("payment", existing.view())),
            (State::Payable, None) => {
                if same {
                    self.engine.store.attach(existing.id, key, now).await.map_err(in_flight)?;
                    return self.resume(existing, scope, body.payment.as_ref(), browser).await;
                }
                self.supersede(&existing).await?;
                // Recurses at most once: the payment that was in the way is closed now.
                Box::pin(self.check_out(principal, request)).await
            }
            // Whoever changes the cart or the address has given up the attempt at the bank.
            (State::Payable, Some(open)) if open.is_challenge_of_customer() && !same => {
                self.abandon_challenge(principal, existing.id).await?;
                self.supersede(&existing).await?;
                Box::pin(self.check_out(principal, request)).await
            }
            _ => Err(in_checkout(&existing)),
        }
    }

    /// Closes a refused payment so that its cart can have a new one. Fails if the customer has started to pay it in the
    /// meantime.
    async fn supersede(&self, payment: &Payment) -> Result<(), Problem> {
        let superseded = Refusal { code: "superseded".into(), reason: "The cart was checked out again.".into() };
        let payment = self
            .engine
            .change(payment.id, |payment| {
                payment.close(superseded.clone());
                Ok(Effects::default())
            })
            .await?;
        match payment.state {
            State::Closing => self.engine.release_reservation(&payment).await.map(|_| ()),
            State::Closed => Ok(()),
            _ => Err(in_checkout(&payment)),
        }
    }

    /// Makes another attempt to pay an order after a refusal.
    ///
    /// # Errors
    /// A problem when nothing was begun.
    pub async fn try_again(
        &self,
        principal: &Principal,
        id: PaymentId,
        request: CustomerRequest<'_, AttemptRequest>,
    ) -> Result<JsonResponse, Problem> {
        let CustomerRequest { key: scope, bytes, body, browser } = request;
        let payment = self.find_owned(principal, id).await?;
        let choice = &body.payment;
        // The digest covers the payment id, so that the same key and body for another payment is a different request.
        let key = IdempotentRequest::new(scope.clone(), id.0.as_bytes(), bytes);
        let now = self.engine.system.now();
        match self.engine.store.look_up(&key, now).await? {
            KeyState::Fresh => {}
            KeyState::Resumed(_) => return self.resume(payment, scope, Some(choice), browser).await,
            known => return replay(known),
        }
        let plan = self.plan_payment(Some(choice), payment.amount(), browser)?;
        // Checked before the key is stored, and again inside the transaction that starts the attempt.
        if payment.status() != PaymentStatus::Refused {
            return Err(NOT_POSSIBLE_NOW
                .detail("Another attempt is only possible after a refusal and before the payment expires.")
                .with("payment", payment.view()));
        }
        self.engine.store.attach(id, &key, now).await.map_err(in_flight)?;
        self.advance(payment, scope, plan).await
    }

    /// Continues a payment after the caller returned from a challenge, or has collected device data for the bank.
    ///
    /// # Errors
    /// 404 when the caller has no such payment.
    pub async fn confirm(
        &self,
        principal: &Principal,
        id: PaymentId,
        device_data: Option<&str>,
    ) -> Result<Payment, Problem> {
        let payment = self.find_owned(principal, id).await?;
        let Some(operation) = payment.operations.iter().rfind(|operation| operation.challenge.is_some()).cloned()
        else {
            return Ok(payment);
        };
        let action = operation.challenge.as_ref().map(|challenge| &challenge.action);
        match (operation.state, action) {
            (OperationState::Challenged, Some(PaymentAction::DeviceData { .. })) if device_data.is_none() => {
                Ok(payment)
            }
            (OperationState::Challenged, Some(PaymentAction::DeviceData { .. })) => {
                self.engine.resume(&payment, &operation, device_data).await
            }
            (OperationState::Challenged, Some(PaymentAction::Challenge { .. })) => {
                self.engine.resume(&payment, &operation, None).await
            }
            // An abandoned challenge may have been completed all the same, so the gateway is queried for it too.
            (OperationState::Challenged | OperationState::Abandoned, _) => {
                self.engine.query(&payment, &operation).await
            }
            _ => Ok(payment),
        }
    }

    /// Abandons what the caller was asked to do at a bank or on a gateway's page, so that they can pay another way. A
    /// payment that does not wait for the caller stays as it is.
    ///
    /// # Errors
    /// 404 when the caller has no such payment.
    pub async fn abandon_challenge(&self, principal: &Principal, id: PaymentId) -> Result<Payment, Problem> {
        let payment = self.find_owned(principal, id).await?;
        let now = self.engine.system.now();
        self.engine
            .change(payment.id, |payment| {
                payment.abandon_challenge(now);
                Ok(Effects::default())
            })
            .await
    }

    /// Finds a payment of the caller.
    ///
    /// # Errors
    /// 404 when there is no such payment or it belongs to someone else, so that ids cannot be probed.
    pub async fn find_owned(&self, principal: &Principal, id: PaymentId) -> Result<Payment, Problem> {
        let payment =
            self.engine.store.find(id).await?.filter(|payment| payment.owner == principal.subject.to_string());
        payment.ok_or_else(|| problem::NOT_FOUND.detail("You have no such payment."))
    }

    /// The payment methods for a currency; by default the shop's own.
    ///
    /// # Errors
    /// When the catalogue, which knows the shop's currency, is unavailable.
    pub async fn methods(&self, currency: Option<Currency>) -> Result<Vec<PaymentMethod>, Problem> {
        let currency = match currency {
            Some(currency) => currency,
            None => self.engine.catalogue.shop().await?.currency,
        };
        Ok(self.engine.gateways.methods(currency, self.engine.system.now()))
    }

    /// Finds a payment, whoever owns it.
    ///
    /// # Errors
    /// 404 when there is no such payment.
    pub async fn find(&self, id: PaymentId) -> Result<Payment, Problem> {
        let payment = self.engine.store.find(id).await?;
        payment.ok_or_else(|| problem::NOT_FOUND.detail("Payment not found."))
    }

    /// Plans how to pay this total; returns `None` when there is nothing to pay.
    fn plan_payment(
        &self,
        choice: Option<&PaymentChoice>,
        total: Money,
        browser: Option<&Browser>,
    ) -> Result<Option<PaymentPlan>, Problem> {
        if total.is_zero() {
            return Ok(None);
        }
        let Some(choice) = choice else {
            return Err(Problem::invalid("/payment", "is required because the total is not zero"));
        };
        let instrument = instrument(choice)?;
        let gateways = self.offered_gateways(choice, total.currency);
        // A session or token is only valid at the gateway that issued it, so there is no fallback to another one.
        let count = if instrument.is_some() { 1 } else { gateways.len() };
        if gateways.is_empty() {
            return Err(UNKNOWN_METHOD.detail("This payment method is not available. See GET /api/v1/payment-methods."));
        }
        Ok(Some(PaymentPlan {
            method: choice.method.as_str().to_owned(),
            instrument,
            browser: browser.cloned(),
            gateways: gateways.into_iter().take(count).collect(),
        }))
    }

    fn offered_gateways(&self, choice: &PaymentChoice, currency: Currency) -> Vec<String> {
        let named = choice.gateway.as_ref().map(|name| name.as_str());
        let now = self.engine.system.now();
        let gateways = self.engine.gateways.for_attempt(choice.method.as_str(), currency, named, now);
        gateways.into_iter().map(|gateway| gateway.name().to_owned()).collect()
    }
}

fn instrument(choice: &PaymentChoice) -> Result<Option<Instrument>, Problem> {
    match (&choice.session, &choice.token) {
        (Some(_), Some(_)) => Err(Problem::invalid("/payment/token", "must not be combined with a session")),
        (Some(session), None) => Ok(Some(Instrument::Session(session.as_str().to_owned()))),
        (None, Some(token)) => Ok(Some(Instrument::Token(token.as_str().to_owned()))),
        (None, None) => Ok(None),
    }
}

fn in_checkout(existing: &Payment) -> Problem {
    CART_IN_CHECKOUT
        .detail("A payment for this cart is in progress. Complete it, or wait until it expires.")
        .with("payment", existing.view())
}

/// The response to a request whose key is known already.
pub fn replay(known: KeyState) -> Result<JsonResponse, Problem> {
    match known {
        KeyState::Completed { status, body } => Ok(JsonResponse { status, body }),
        KeyState::BodyMismatch => Err(KEY_REUSED.detail(
            "This idempotency key was already used with a different request. Use a new key for each new request.",
        )),
        _ => Err(IN_FLIGHT.detail("This request is still being processed. Retry shortly with the same key.")),
    }
}

/// A conflict means that another handler has just stored the same key.
fn in_flight(error: StoreError) -> Problem {
    match error {
        StoreError::Conflict => IN_FLIGHT.detail("This request is still being processed. Retry shortly."),
        other => other.into(),
    }
}
