//! Checkout: from a cart to an order that is paid, one step after the other, each of them durable before the next.

mod steps;

use crate::attempt::AttemptState;
use crate::engine::Engine;
use crate::idempotency::{KeyScope, KeyState};
use crate::payment::{Effects, PAYABLE, Payment, State};
use crate::store::{Began, KeyUse};
use chassis::auth::Principal;
use chassis::{Problem, StoreError, problem, secret};
use contracts::cart::{CartClient, CartSnapshot, SnapshotRequest};
use contracts::payment::{
    AttemptRequest, CART_IN_CHECKOUT, CheckoutRequest, IN_FLIGHT, KEY_REUSED, NOT_POSSIBLE_NOW, OrderLinks,
    PaymentChoice, PaymentStatus, Refusal, TOTAL_CHANGED, UNKNOWN_METHOD,
};
use contracts::{OrderId, PaymentId};

/// An answer with its status, ready to be sent, and to be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
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
    pub async fn check_out(
        &self,
        principal: &Principal,
        key: KeyScope,
        body: &[u8],
        request: &CheckoutRequest,
    ) -> Result<Answer, Problem> {
        let key = KeyUse { scope: key, body_digest: secret::sha256_hex(body) };
        match self.engine.store.look_up(&key, self.engine.sources.now()).await? {
            KeyState::Fresh => {}
            KeyState::Resumed(id) => {
                let payment = self.find(id).await?;
                return self.go_on(payment, &key.scope, request.payment.as_ref()).await;
            }
            known => return answered(known),
        }
        let gateway = self.gateway_of(request.payment.as_ref(), request.expected_total.is_zero())?;
        let snapshot = self.snapshot(principal, request).await?;
        let version = snapshot.version;
        let payment = self.draft(principal, snapshot, request);
        let now = self.engine.sources.now();
        match self.engine.store.begin(payment, &key, now).await.map_err(raced)? {
            Began::New(payment) => self.go_on_with(*payment, &key.scope, gateway, request.payment.as_ref()).await,
            Began::Existing(existing) => {
                // The cart's payment may be the work of this very request, sent twice at once.
                match self.engine.store.look_up(&key, now).await? {
                    KeyState::Fresh => self.existing(principal, *existing, version, key, request, body).await,
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
        let now = self.engine.sources.now();
        Payment {
            id: PaymentId(self.engine.sources.id()),
            order_id: OrderId(self.engine.sources.id()),
            order_number: String::new(),
            owner: principal.subject.to_string(),
            cart,
            email: request.email.clone(),
            address: request.address.clone(),
            state: State::Reserving,
            closed: None,
            hold: 1,
            attempts: Vec::new(),
            facts: Vec::new(),
            created_at: now,
            expires_at: now.saturating_add(PAYABLE).unwrap_or(now),
            placed_at: None,
            receipt_number: None,
            contradictions: Vec::new(),
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
        key: KeyUse,
        request: &CheckoutRequest,
        body: &[u8],
    ) -> Result<Answer, Problem> {
        if existing.owner != principal.subject.to_string() {
            return Err(CART_IN_CHECKOUT.detail("This cart is being paid for."));
        }
        let now = self.engine.sources.now();
        let unchanged = existing.cart.version == version;
        match (existing.state, existing.open_authorisation()) {
            (State::Placed, _) if unchanged => {
                self.engine.store.attach(existing.id, &key, now).await.map_err(raced)?;
                self.settle(existing.id, &key.scope).await
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
                    self.engine.store.attach(existing.id, &key, now).await.map_err(raced)?;
                    return self.go_on(existing, &key.scope, request.payment.as_ref()).await;
                }
                self.give_up(&existing).await?;
                // At most once more: the payment in the way is closed now.
                Box::pin(self.check_out(principal, key.scope, body, request)).await
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
        key: KeyScope,
        body: &[u8],
        request: &AttemptRequest,
    ) -> Result<Answer, Problem> {
        let payment = self.of_owner(principal, id).await?;
        // The payment is part of what is asked: the same key and body for another payment is another request.
        let whole = [id.0.as_bytes(), body].concat();
        let key = KeyUse { scope: key, body_digest: secret::sha256_hex(&whole) };
        let now = self.engine.sources.now();
        match self.engine.store.look_up(&key, now).await? {
            KeyState::Fresh => {}
            KeyState::Resumed(_) => return self.go_on(payment, &key.scope, Some(&request.payment)).await,
            known => return answered(known),
        }
        self.gateway_of(Some(&request.payment), false)?;
        if payment.status() != PaymentStatus::Refused {
            return Err(NOT_POSSIBLE_NOW
                .detail("Another attempt is possible after a refusal, until the payment expires.")
                .with("payment", payment.view()));
        }
        self.engine.store.attach(id, &key, now).await.map_err(raced)?;
        self.go_on(payment, &key.scope, Some(&request.payment)).await
    }

    /// The caller came back from a challenge: asks the gateway how it ended.
    ///
    /// # Errors
    /// 404 for a payment that is not the caller's.
    pub async fn confirm(&self, principal: &Principal, id: PaymentId) -> Result<Payment, Problem> {
        let payment = self.of_owner(principal, id).await?;
        // One that is still being sent is left to the one who sends it. One whose challenge was given up is asked about:
        // should the bank have confirmed it late, the customer's money is let go at once.
        let last = payment.attempts.iter().rfind(|attempt| attempt.challenge_url.is_some()).cloned();
        match last.filter(|attempt| matches!(attempt.state, AttemptState::Challenged | AttemptState::Abandoned)) {
            Some(attempt) => self.engine.ask(&payment, &attempt).await,
            None => Ok(payment),
        }
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

    async fn find(&self, id: PaymentId) -> Result<Payment, Problem> {
        let payment = self.engine.store.find(id).await?;
        payment.ok_or_else(|| problem::NOT_FOUND.detail("There is no such payment."))
    }

    fn gateway_of(&self, choice: Option<&PaymentChoice>, free: bool) -> Result<Option<&'static str>, Problem> {
        match choice {
            _ if free => Ok(None),
            None => Err(Problem::invalid("/payment", "is needed, as there is something to pay")),
            Some(choice) => match self.engine.gateways.of_method(choice.method.as_str()) {
                Some(gateway) => Ok(Some(gateway.name())),
                None => Err(UNKNOWN_METHOD.detail("This payment method is not offered; see /api/v1/payment-methods.")),
            },
        }
    }
}

fn in_checkout(existing: &Payment) -> Problem {
    CART_IN_CHECKOUT
        .detail("This cart is being paid for already. Finish that payment, or wait until it is given up.")
        .with("payment", existing.view())
}

fn answered(known: KeyState) -> Result<Answer, Problem> {
    match known {
        KeyState::Answered { status, body } => Ok(Answer { status, body }),
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
