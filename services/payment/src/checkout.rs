//! Checkout: from a cart to an order that is paid, one step after the other, each of them durable before the next.

mod steps;

use crate::attempt::{OperationState, Browser, Instrument};
use crate::engine::{Engine, Paying};
use crate::idempotency::KeyState;
use crate::payment::{Effects, PAYABLE, Payment, State};
use crate::store::{Began, IdempotentRequest};
use chassis::auth::Principal;
use chassis::idempotency::{JsonResponse, IdempotencyScope};
use chassis::{Problem, StoreError, problem};
use contracts::cart::{CartClient, CartSnapshot, SnapshotRequest};
use contracts::payment::{
    AttemptRequest, CART_IN_CHECKOUT, CaptureTiming, CheckoutRequest, IN_FLIGHT, KEY_REUSED, NOT_POSSIBLE_NOW,
    OrderLinks, PaymentAction, PaymentChoice, PaymentMethod, PaymentStatus, Refusal, TOTAL_CHANGED, UNKNOWN_METHOD,
};
use contracts::{Currency, Money, OrderId, PaymentId};

/// A customer's request about paying, as it came in.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'r, R> {
    /// Its key.
    pub key: &'r IdempotencyScope,
    /// The bytes of its body.
    pub body: &'r [u8],
    /// What they say.
    pub request: &'r R,
    /// From which browser.
    pub browser: Option<&'r Browser>,
}

/// Checkout.
#[derive(Clone)]
pub struct Checkout {
    engine: Engine,
    cart: CartClient,
    links: OrderLinks,
}

impl Checkout {
    /// Checkout over the engine.
    pub const fn new(engine: Engine, cart: CartClient, links: OrderLinks) -> Self {
        Self { engine, cart, links }
    }

    /// The engine.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The links that open orders.
    pub const fn links(&self) -> &OrderLinks {
        &self.links
    }

    /// Turns the caller's cart into an order and pays it.
    ///
    /// # Errors
    /// A problem when nothing was begun; everything after that is an [`Answer`], kept for the key.
    pub async fn check_out(&self, principal: &Principal, asked: Asked<'_, CheckoutRequest>) -> Result<JsonResponse, Problem> {
        let Asked { key: scope, body, request, browser } = asked;
        let key = IdempotentRequest::new(scope.clone(), &[], body);
        match self.engine.store.look_up(&key, self.engine.system.now()).await? {
            KeyState::Fresh => {}
            KeyState::Resumed(id) => {
                let payment = self.find(id).await?;
                return self.go_on(payment, scope, request.payment.as_ref(), browser).await;
            }
            known => return answered(known),
        }
        let paying = self.paying(request.payment.as_ref(), request.expected_total, browser)?;
        let snapshot = self.snapshot(principal, request).await?;
        let version = snapshot.version;
        let payment = self.draft(principal, snapshot, request);
        let now = self.engine.system.now();
        match self.engine.store.begin(payment, &key, now).await.map_err(raced)? {
            Began::New(payment) => self.go_on_with(*payment, scope, paying).await,
            Began::Existing(existing) => {
                // The cart's payment may be the work of this very request, sent twice at once.
                match self.engine.store.look_up(&key, now).await? {
                    KeyState::Fresh => self.existing(principal, *existing, version, &key, asked).await,
                    known => answered(known),
                }
            }
        }
    }

    async fn snapshot(&self, principal: &Principal, request: &CheckoutRequest) -> Result<CartSnapshot, Problem> {
        let wanted = SnapshotRequest { owner: principal.subject.to_string(), country: request.address.country };
        let snapshot = self.cart.snapshot(&wanted).await?;
        if snapshot.totals.total != request.expected_total {
            return Err(TOTAL_CHANGED
                .detail("The cart costs something else than you were shown. Look at it again.")
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
            order_number: String::new(),
            owner: principal.subject.to_string(),
            cart,
            email: request.email.clone(),
            address: request.address.clone(),
            state: State::Reserving,
            closed: None,
            hold: 1,
            operations: Vec::new(),
            facts: Vec::new(),
            created_at: now,
            expires_at: now.saturating_add(PAYABLE).unwrap_or(now),
            placed_at: None,
            placed_by: None,
            capture: CaptureTiming::Now,
            receipt_number: None,
            discrepancies: Vec::new(),
            put_off_until: None,
        }
    }

    /// The cart has a payment already: a paid one is the answer; one that failed is taken up again, or given up when
    /// the cart has changed since.
    async fn existing(
        &self,
        principal: &Principal,
        existing: Payment,
        version: i64,
        key: &IdempotentRequest,
        asked: Asked<'_, CheckoutRequest>,
    ) -> Result<JsonResponse, Problem> {
        if existing.owner != principal.subject.to_string() {
            return Err(CART_IN_CHECKOUT.detail("This cart is being paid for."));
        }
        let now = self.engine.system.now();
        let request = asked.request;
        let unchanged = existing.cart.version == version;
        match (existing.state, existing.open_authorisation()) {
            (State::Placed, _) if unchanged => {
                self.engine.store.attach(existing.id, key, now).await.map_err(raced)?;
                self.settle(existing.id, asked.key).await
            }
            (State::Placed, _) => Err(CART_IN_CHECKOUT
                .detail("This cart was paid for a moment ago. What was added since moves to a new one; try again.")
                .with("payment", existing.view())),
            (State::Payable, None) => {
                let same = unchanged
                    && existing.amount() == request.expected_total
                    && existing.email == request.email
                    && existing.address == request.address;
                if same {
                    self.engine.store.attach(existing.id, key, now).await.map_err(raced)?;
                    return self.go_on(existing, asked.key, request.payment.as_ref(), asked.browser).await;
                }
                self.give_up(&existing).await?;
                // At most once more: the payment in the way is closed now.
                Box::pin(self.check_out(principal, asked)).await
            }
            _ => Err(in_checkout(&existing)),
        }
    }

    /// Makes room for a new payment of the same cart; refused when the customer is paying the old one after all.
    async fn give_up(&self, payment: &Payment) -> Result<(), Problem> {
        let superseded = Refusal { code: "superseded".into(), reason: "The cart was checked out anew.".into() };
        let payment = self
            .engine
            .change(payment.id, |payment| {
                payment.close(superseded.clone());
                Ok(Effects::default())
            })
            .await?;
        match payment.state {
            State::Closing => self.engine.release(&payment).await.map(|_| ()),
            State::Closed => Ok(()),
            _ => Err(in_checkout(&payment)),
        }
    }

    /// Pays an order whose earlier attempt was refused.
    ///
    /// # Errors
    /// A problem when nothing was begun.
    pub async fn try_again(
        &self,
        principal: &Principal,
        id: PaymentId,
        asked: Asked<'_, AttemptRequest>,
    ) -> Result<JsonResponse, Problem> {
        let payment = self.of_owner(principal, id).await?;
        let choice = &asked.request.payment;
        // The payment is part of what is asked: the same key and body for another payment is another request.
        let key = IdempotentRequest::new(asked.key.clone(), id.0.as_bytes(), asked.body);
        let now = self.engine.system.now();
        match self.engine.store.look_up(&key, now).await? {
            KeyState::Fresh => {}
            KeyState::Resumed(_) => return self.go_on(payment, asked.key, Some(choice), asked.browser).await,
            known => return answered(known),
        }
        let paying = self.paying(Some(choice), payment.amount(), asked.browser)?;
        if payment.status() != PaymentStatus::Refused {
            return Err(NOT_POSSIBLE_NOW
                .detail("Another attempt is possible after a refusal, until the payment expires.")
                .with("payment", payment.view()));
        }
        self.engine.store.attach(id, &key, now).await.map_err(raced)?;
        self.go_on_with(payment, asked.key, paying).await
    }

    /// The caller came back from a challenge, or has collected what the bank wants to know about the browser: the
    /// payment goes on.
    ///
    /// # Errors
    /// 404 for a payment that is not the caller's.
    pub async fn confirm(
        &self,
        principal: &Principal,
        id: PaymentId,
        device_data: Option<&str>,
    ) -> Result<Payment, Problem> {
        let payment = self.of_owner(principal, id).await?;
        // One that is still being sent is left to the one who sends it. One whose challenge was given up is asked about:
        // should the bank have confirmed it late, the customer's money is let go at once.
        let Some(attempt) = payment.operations.iter().rfind(|attempt| attempt.challenge.is_some()).cloned() else {
            return Ok(payment);
        };
        let action = attempt.challenge.as_ref().map(|challenge| &challenge.action);
        match (attempt.state, action) {
            (OperationState::Challenged, Some(PaymentAction::DeviceData { .. })) if device_data.is_none() => Ok(payment),
            (OperationState::Challenged, Some(PaymentAction::DeviceData { .. })) => {
                self.engine.resume(&payment, &attempt, device_data).await
            }
            (OperationState::Challenged, Some(PaymentAction::Challenge { .. })) => {
                self.engine.resume(&payment, &attempt, None).await
            }
            (OperationState::Challenged | OperationState::Abandoned, _) => self.engine.ask(&payment, &attempt).await,
            _ => Ok(payment),
        }
    }

    /// The caller gives up what they were to do at a bank or on a gateway's page, to pay another way. A payment that waits
    /// for nothing of theirs stays as it is.
    ///
    /// # Errors
    /// 404 for a payment that is not the caller's.
    pub async fn give_up_challenge(&self, principal: &Principal, id: PaymentId) -> Result<Payment, Problem> {
        let payment = self.of_owner(principal, id).await?;
        let now = self.engine.system.now();
        self.engine
            .change(payment.id, |payment| {
                payment.give_up_challenge(now);
                Ok(Effects::default())
            })
            .await
    }

    /// A payment of the caller's.
    ///
    /// # Errors
    /// 404 when there is none, or it is another's.
    pub async fn of_owner(&self, principal: &Principal, id: PaymentId) -> Result<Payment, Problem> {
        let payment =
            self.engine.store.find(id).await?.filter(|payment| payment.owner == principal.subject.to_string());
        payment.ok_or_else(|| problem::NOT_FOUND.detail("You have no such payment."))
    }

    /// The ways to pay in a currency; in the shop's own when it is not said.
    ///
    /// # Errors
    /// When catalogue, which knows the shop's currency, is away.
    pub async fn methods(&self, currency: Option<Currency>) -> Result<Vec<PaymentMethod>, Problem> {
        let currency = match currency {
            Some(currency) => currency,
            None => self.engine.catalogue.shop().await?.currency,
        };
        Ok(self.engine.gateways.methods(currency, self.engine.system.now()))
    }

    /// A payment.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn find(&self, id: PaymentId) -> Result<Payment, Problem> {
        let payment = self.engine.store.find(id).await?;
        payment.ok_or_else(|| problem::NOT_FOUND.detail("There is no such payment."))
    }

    /// How an order of this total is to be paid; `None` when there is nothing to pay.
    fn paying(
        &self,
        choice: Option<&PaymentChoice>,
        total: Money,
        browser: Option<&Browser>,
    ) -> Result<Option<Paying>, Problem> {
        if total.is_zero() {
            return Ok(None);
        }
        let Some(choice) = choice else {
            return Err(Problem::invalid("/payment", "is needed, as there is something to pay"));
        };
        let instrument = instrument(choice)?;
        let gateways = self.offered(choice, total.currency);
        // A session or a token is known to the gateway that made it, and to no other.
        let tried = if instrument.is_some() { 1 } else { gateways.len() };
        if gateways.is_empty() {
            return Err(UNKNOWN_METHOD.detail("This payment method is not offered; see /api/v1/payment-methods."));
        }
        Ok(Some(Paying {
            method: choice.method.as_str().to_owned(),
            instrument,
            browser: browser.cloned(),
            gateways: gateways.into_iter().take(tried).collect(),
        }))
    }

    fn offered(&self, choice: &PaymentChoice, currency: Currency) -> Vec<String> {
        let named = choice.gateway.as_ref().map(|name| name.as_str());
        let now = self.engine.system.now();
        let gateways = self.engine.gateways.for_attempt(choice.method.as_str(), currency, named, now);
        gateways.into_iter().map(|gateway| gateway.name().to_owned()).collect()
    }
}

fn instrument(choice: &PaymentChoice) -> Result<Option<Instrument>, Problem> {
    match (&choice.session, &choice.token) {
        (Some(_), Some(_)) => Err(Problem::invalid("/payment/token", "either a session or a token, not both")),
        (Some(session), None) => Ok(Some(Instrument::Session(session.as_str().to_owned()))),
        (None, Some(token)) => Ok(Some(Instrument::Token(token.as_str().to_owned()))),
        (None, None) => Ok(None),
    }
}

fn in_checkout(existing: &Payment) -> Problem {
    CART_IN_CHECKOUT
        .detail("This cart is being paid for already. Finish that payment, or wait until it is given up.")
        .with("payment", existing.view())
}

/// The answer to a request that is known.
pub fn answered(known: KeyState) -> Result<JsonResponse, Problem> {
    match known {
        KeyState::Answered { status, body } => Ok(JsonResponse { status, body }),
        KeyState::OtherBody => {
            Err(KEY_REUSED
                .detail("This idempotency key was used with another body. Take a new key for a new purchase."))
        }
        _ => Err(IN_FLIGHT.detail("The same request is being worked on. Ask again in a moment, with the same key.")),
    }
}

fn raced(error: StoreError) -> Problem {
    match error {
        StoreError::Conflict => IN_FLIGHT.detail("The same request is being worked on. Ask again in a moment."),
        other => other.into(),
    }
}
