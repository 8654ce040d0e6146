//! Checkout: from a cart to an order that is paid, one step after the other, each of them durable before the next.

use crate::engine::Engine;
use crate::idempotency::{KeyScope, KeyState};
use crate::payment::{Effects, KeptAnswer, PAYABLE, Payment, State};
use crate::store::{Began, KeyUse};
use chassis::auth::Principal;
use chassis::client::CallError;
use chassis::{Problem, StoreError, problem, secret};
use contracts::cart::{CartClient, CartSnapshot, SnapshotRequest};
use contracts::catalogue::{ReservationLine, ReservationRequest};
use contracts::payment::{
    AttemptRequest, CART_IN_CHECKOUT, CHECKOUT_CLOSED, CheckoutAnswer, CheckoutRequest, IN_FLIGHT, KEY_REUSED,
    NOT_POSSIBLE_NOW, OrderLinks, PaymentChoice, PaymentStatus, Refusal, TOTAL_CHANGED, UNKNOWN_METHOD,
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
        let payment = self.draft(principal, snapshot, request);
        let now = self.engine.sources.now();
        match self.engine.store.begin(payment, &key, now).await.map_err(raced)? {
            Began::New(payment) => self.go_on_with(*payment, &key.scope, gateway, request.payment.as_ref()).await,
            Began::Existing(existing) => self.existing(principal, *existing, key, request, body).await,
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
        }
    }

    /// The cart has a payment already: a paid one is the answer; one that failed is taken up again, or given up when
    /// the cart has changed since.
    async fn existing(
        &self,
        principal: &Principal,
        existing: Payment,
        key: KeyUse,
        request: &CheckoutRequest,
        body: &[u8],
    ) -> Result<Answer, Problem> {
        if existing.owner != principal.subject.to_string() {
            return Err(CART_IN_CHECKOUT.detail("This cart is being paid for."));
        }
        let now = self.engine.sources.now();
        match (existing.state, existing.open_authorisation()) {
            (State::Placed, _) => {
                self.engine.store.attach(existing.id, &key, now).await.map_err(raced)?;
                self.settle(existing.id, &key.scope).await
            }
            (State::Payable, None) => {
                let same = existing.amount() == request.expected_total
                    && existing.email == request.email
                    && existing.address == request.address
                    && self.unchanged(principal, &existing, request).await?;
                if same {
                    self.engine.store.attach(existing.id, &key, now).await.map_err(raced)?;
                    return self.go_on(existing, &key.scope, request.payment.as_ref()).await;
                }
                self.give_up(&existing).await?;
                // At most once more: the payment in the way is closed now.
                Box::pin(self.check_out(principal, key.scope, body, request)).await
            }
            _ => Err(CART_IN_CHECKOUT
                .detail("This cart is being paid for already. Finish that payment, or wait until it is given up.")
                .with("payment", existing.view())),
        }
    }

    async fn unchanged(
        &self,
        principal: &Principal,
        existing: &Payment,
        request: &CheckoutRequest,
    ) -> Result<bool, Problem> {
        let snapshot = self.snapshot(principal, request).await?;
        Ok(snapshot.version == existing.cart.version)
    }

    async fn give_up(&self, payment: &Payment) -> Result<(), Problem> {
        let superseded = Refusal { code: "superseded".into(), reason: "The cart was checked out anew.".into() };
        let payment = self
            .engine
            .change(payment.id, |payment| {
                payment.close(superseded.clone());
                Ok(Effects::default())
            })
            .await?;
        self.engine.release(&payment).await.map(|_| ())
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
        let key = KeyUse { scope: key, body_digest: secret::sha256_hex(body) };
        let now = self.engine.sources.now();
        match self.engine.store.look_up(&key, now).await? {
            KeyState::Fresh => {}
            KeyState::Resumed(_) => return self.settle(id, &key.scope).await,
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
        match payment.open_authorisation().cloned() {
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
            None if free => Ok(None),
            None => Err(Problem::invalid("/payment", "is needed, as there is something to pay")),
            Some(choice) => match self.engine.gateways.of_method(choice.method.as_str()) {
                Some(gateway) => Ok(Some(gateway.name())),
                None => Err(UNKNOWN_METHOD.detail("This payment method is not offered; see /api/v1/payment-methods.")),
            },
        }
    }

    async fn go_on(&self, payment: Payment, key: &KeyScope, choice: Option<&PaymentChoice>) -> Result<Answer, Problem> {
        let gateway = self.gateway_of(choice, payment.amount().is_zero())?;
        self.go_on_with(payment, key, gateway, choice).await
    }

    /// Takes the payment from where it stands to an outcome.
    async fn go_on_with(
        &self,
        payment: Payment,
        key: &KeyScope,
        gateway: Option<&str>,
        choice: Option<&PaymentChoice>,
    ) -> Result<Answer, Problem> {
        let payment = match payment.state {
            State::Reserving => match self.reserve(&payment).await {
                Ok(()) => payment,
                Err(CallError::Refused(problem)) if problem.status < 500 => {
                    return self.refuse(&payment, key, *problem).await;
                }
                Err(error) => {
                    // Nothing is decided: the same request may try again at once, and the engine gives up later.
                    self.engine.store.let_go(key).await?;
                    return Err(error.into());
                }
            },
            State::Payable if payment.open_authorisation().is_none() => payment,
            _ => return self.settle(payment.id, key).await,
        };
        let Some(gateway) = gateway else { return self.place_free(&payment, key).await };
        let session = choice.and_then(|choice| choice.session.as_ref()).map(|session| session.as_str().to_owned());
        let now = self.engine.sources.now();
        let kept = self
            .engine
            .change(payment.id, |payment| {
                payment.reserved();
                if payment.state != State::Payable || payment.open_authorisation().is_some() {
                    return Err(IN_FLIGHT.detail("This payment is being worked on. Ask for it again."));
                }
                let wanted = Engine::authorisation(payment, gateway, session.clone());
                payment.start(wanted, now);
                Ok(Effects::default())
            })
            .await?;
        let number = kept.open_authorisation().map_or(0, |attempt| attempt.number);
        let render = |payment: &Payment| self.render(payment);
        let payment = self.engine.send(&kept, number, Some((key, &render))).await?;
        Ok(self.answer(&payment))
    }

    async fn reserve(&self, payment: &Payment) -> Result<(), CallError> {
        let lines = payment.cart.lines.iter();
        let request = ReservationRequest {
            order_id: payment.order_id,
            attempt: payment.hold,
            lines: lines.map(|line| ReservationLine { sku: line.sku.clone(), quantity: line.quantity }).collect(),
            code: payment.cart.code.clone(),
            expected_by: payment.expires_at,
        };
        self.engine.catalogue.reserve(&request).await.map(|_| ())
    }

    /// The stock cannot be had: the payment is closed and the refusal kept as the answer.
    async fn refuse(&self, payment: &Payment, key: &KeyScope, problem: Problem) -> Result<Answer, Problem> {
        let body = serde_json::to_vec(&problem).map_err(Problem::internal)?;
        let answer = Answer { status: problem.status, body };
        let refusal = Refusal { code: problem.slug().to_owned(), reason: problem.detail.clone().into_owned() };
        self.engine
            .change(payment.id, |payment| {
                payment.closed = Some(refusal.clone());
                payment.closed();
                let kept = KeptAnswer { key: key.clone(), status: answer.status, body: answer.body.clone() };
                Ok(Effects { answer: Some(kept), ..Effects::default() })
            })
            .await?;
        Ok(answer)
    }

    /// Nothing is to be paid: the order stands without a gateway.
    async fn place_free(&self, payment: &Payment, key: &KeyScope) -> Result<Answer, Problem> {
        let now = self.engine.sources.now();
        let payment = self
            .engine
            .change(payment.id, |payment| {
                payment.reserved();
                let mut effects = Effects::default();
                if payment.state == State::Payable {
                    payment.place(now, &mut effects);
                }
                let (status, body) = self.render(payment);
                effects.answer = Some(KeptAnswer { key: key.clone(), status, body });
                Ok(effects)
            })
            .await?;
        Ok(self.answer(&payment))
    }

    /// Keeps the present state as the answer.
    async fn settle(&self, id: PaymentId, key: &KeyScope) -> Result<Answer, Problem> {
        let payment = self
            .engine
            .change(id, |payment| {
                let (status, body) = self.render(payment);
                let kept = KeptAnswer { key: key.clone(), status, body };
                Ok(Effects { answer: Some(kept), ..Effects::default() })
            })
            .await?;
        Ok(self.answer(&payment))
    }

    fn answer(&self, payment: &Payment) -> Answer {
        let (status, body) = self.render(payment);
        Answer { status, body }
    }

    fn render(&self, payment: &Payment) -> (u16, Vec<u8>) {
        let view = payment.view();
        let status = match view.status {
            PaymentStatus::Processing => 202,
            PaymentStatus::Closed => {
                let told = payment.closed.as_ref().map_or("It was given up.", |closed| closed.reason.as_str());
                let problem = CHECKOUT_CLOSED.detail(format!("{told} Start again with a new idempotency key."));
                return (problem.status, serde_json::to_vec(&problem).unwrap_or_default());
            }
            _ => 201,
        };
        let answer = CheckoutAnswer {
            order_id: payment.order_id,
            order_number: payment.order_number.clone(),
            order_token: self.links.token(payment.order_id),
            payment: view,
        };
        (status, serde_json::to_vec(&answer).unwrap_or_default())
    }
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
