//! The steps of a checkout: reserve, authorise, and the answer that is kept.

use super::Checkout;
use crate::attempt::{PaymentOperation, Browser};
use crate::engine::Paying;
use crate::payment::{Effects, KeptAnswer, Payment, State};
use chassis::client::CallError;
use chassis::idempotency::{JsonResponse, IdempotencyScope};
use chassis::{Problem, ProblemKind};
use contracts::PaymentId;
use contracts::catalogue::{
    CODE_NOT_APPLICABLE, OUT_OF_STOCK, RESERVATION_RELEASED, ReservationLine, ReservationRequest, UNKNOWN_CODE,
    UNKNOWN_SKU,
};
use contracts::payment::{CHECKOUT_CLOSED, CheckoutResponse, IN_FLIGHT, PaymentChoice, PaymentStatus, Refusal};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// What catalogue may say to a reservation that settles it. Anything else, and no answer, may be otherwise next time.
const REFUSALS: [ProblemKind; 5] = [OUT_OF_STOCK, CODE_NOT_APPLICABLE, UNKNOWN_CODE, UNKNOWN_SKU, RESERVATION_RELEASED];

impl Checkout {
    pub(super) async fn go_on(
        &self,
        payment: Payment,
        key: &IdempotencyScope,
        choice: Option<&PaymentChoice>,
        browser: Option<&Browser>,
    ) -> Result<JsonResponse, Problem> {
        let paying = self.paying(choice, payment.amount(), browser)?;
        self.go_on_with(payment, key, paying).await
    }

    /// Takes the payment from where it stands to an outcome.
    pub(super) async fn go_on_with(
        &self,
        payment: Payment,
        key: &IdempotencyScope,
        paying: Option<Paying>,
    ) -> Result<JsonResponse, Problem> {
        let payment = match payment.state {
            State::Reserving => match self.reserve(&payment).await {
                Ok(()) => payment,
                Err(CallError::Refused(problem)) if REFUSALS.iter().any(|kind| problem.is(*kind)) => {
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
        match paying {
            Some(paying) => self.authorise(payment.id, key, &paying).await,
            None => self.place_free(&payment, key).await,
        }
    }

    /// Tries the gateways, one after the other as long as one certainly was not reached.
    async fn authorise(&self, id: PaymentId, key: &IdempotencyScope, paying: &Paying) -> Result<JsonResponse, Problem> {
        let request = key.name();
        let mut left = paying.gateways.iter().peekable();
        while let Some(gateway) = left.next() {
            let started = AtomicU32::new(0);
            let kept = self
                .engine
                .change(id, |payment| {
                    payment.reserved();
                    // Unless the request has had its attempt, or another is under way.
                    let free = payment.state == State::Payable && payment.open_authorisation().is_none();
                    let number = if free && !payment.has_tried(&request) {
                        self.engine.begin(payment, paying, gateway, &request)
                    } else {
                        0
                    };
                    started.store(number, Ordering::Relaxed);
                    Ok(Effects::default())
                })
                .await?;
            match started.load(Ordering::Relaxed) {
                0 if kept.open_authorisation().is_none() || kept.has_tried(&request) => break,
                0 => {
                    self.engine.store.let_go(key).await?;
                    return Err(IN_FLIGHT.detail("Another request is paying this. Ask for the payment again."));
                }
                number if left.peek().is_none() => {
                    let render = |payment: &Payment| self.render(payment);
                    let payment = self.engine.send(&kept, number, Some((key, &render))).await?;
                    return Ok(self.answer(&payment));
                }
                number => {
                    let payment = self.engine.send(&kept, number, None).await?;
                    if !payment.attempt(number).is_some_and(PaymentOperation::was_unreached) {
                        break;
                    }
                    tracing::warn!(gateway, payment = %id, "a gateway cannot be reached; the next one is tried");
                }
            }
        }
        self.settle(id, key).await
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

    /// The stock cannot be had: the payment is given up and the refusal kept as the answer. Should a try whose answer
    /// was lost still be on its way to catalogue, releasing makes sure that it holds nothing.
    async fn refuse(&self, payment: &Payment, key: &IdempotencyScope, problem: Problem) -> Result<JsonResponse, Problem> {
        let body = serde_json::to_vec(&problem).map_err(Problem::internal)?;
        let refusal = Refusal { code: problem.slug().to_owned(), reason: problem.detail.clone().into_owned() };
        let refused = AtomicBool::new(false);
        let payment = self
            .engine
            .change(payment.id, |payment| {
                // The same request, taken over by another handler, may have brought it further: then that counts.
                let ours = payment.state == State::Reserving && payment.close(refusal.clone());
                refused.store(ours, Ordering::Relaxed);
                let (status, body) = if ours { (problem.status, body.clone()) } else { self.render(payment) };
                let kept = KeptAnswer { key: key.clone(), status, body };
                Ok(Effects { answer: Some(kept), ..Effects::default() })
            })
            .await?;
        if !refused.load(Ordering::Relaxed) {
            return Ok(self.answer(&payment));
        }
        if let Err(problem) = self.engine.release(&payment).await {
            tracing::warn!(%problem, payment = %payment.id, "a hold could not be released; the engine does it later");
        }
        Ok(JsonResponse { status: problem.status, body })
    }

    /// Nothing is to be paid: the order stands without a gateway.
    async fn place_free(&self, payment: &Payment, key: &IdempotencyScope) -> Result<JsonResponse, Problem> {
        let now = self.engine.system.now();
        let payment = self
            .engine
            .change(payment.id, |payment| {
                payment.reserved();
                let mut effects = Effects::default();
                if payment.state == State::Payable {
                    payment.place(None, now, &mut effects);
                }
                let (status, body) = self.render(payment);
                effects.answer = Some(KeptAnswer { key: key.clone(), status, body });
                Ok(effects)
            })
            .await?;
        Ok(self.answer(&payment))
    }

    /// Keeps the present state as the answer.
    pub(super) async fn settle(&self, id: PaymentId, key: &IdempotencyScope) -> Result<JsonResponse, Problem> {
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

    fn answer(&self, payment: &Payment) -> JsonResponse {
        let (status, body) = self.render(payment);
        JsonResponse { status, body }
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
        let answer = CheckoutResponse {
            order_id: payment.order_id,
            order_number: payment.order_number.clone(),
            order_token: self.links.token(payment.order_id),
            payment: view,
        };
        (status, serde_json::to_vec(&answer).unwrap_or_default())
    }
}
