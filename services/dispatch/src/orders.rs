//! What dispatch can do with orders, for its API and for events.

mod events;
mod views;

pub use views::{Viewer, summary};

use crate::Settings;
use crate::order::{Effects, Order, Refund};
use crate::store::OrderStore;
use crate::worker::Bell;
use chassis::auth::Principal;
use chassis::idempotency::{JsonResponse, IdempotentRequest};
use chassis::{Problem, SystemContext, StatusCode, problem};
use contracts::OrderId;
use contracts::dispatch::{
    NOT_CANCELLABLE, ATTENTION_NOT_NEEDED, REFUND_TOO_HIGH, RefundRequest, AttentionResolution, ReturnReceipt, ReturnRejection,
    ReturnRequest,
};
use contracts::payment::{OrderLinks, PaymentClient};
use std::sync::Arc;

/// Orders.
#[derive(Clone)]
pub struct Orders {
    /// Where they are kept.
    pub store: Arc<dyn OrderStore>,
    /// Says what has changed.
    pub bell: Bell,
    payment: PaymentClient,
    links: OrderLinks,
    system: SystemContext,
    settings: Settings,
}

/// Somebody who wants something of an order.
#[derive(Debug, Clone)]
pub struct Asking {
    /// Who: a session's subject, or the order's link.
    pub author: String,
    /// How much of the order they may see.
    pub viewer: Viewer,
    /// The request, which is answered once.
    pub key: IdempotentRequest,
}

impl Orders {
    /// Orders over their store.
    pub const fn new(
        store: Arc<dyn OrderStore>,
        payment: PaymentClient,
        links: OrderLinks,
        system: SystemContext,
        bell: Bell,
        settings: Settings,
    ) -> Self {
        Self { store, bell, payment, links, system, settings }
    }

    /// The order, if the caller may see it: its owner, staff, or whoever has its link. One that has been paid but has
    /// not arrived here yet is shown as payment recorded it.
    ///
    /// # Errors
    /// 401 without session and link, 404 when there is none or it is another's.
    pub async fn visible(
        &self,
        caller: Option<&Principal>,
        token: Option<&str>,
        id: OrderId,
    ) -> Result<Order, Problem> {
        let opened = token.is_some_and(|token| self.links.opens(id, token));
        if caller.is_none() && !opened {
            return Err(problem::UNAUTHENTICATED.detail("Log in, or use the link from the order's mail."));
        }
        let order = match self.store.find(id).await? {
            Some(order) => Some(order),
            None => self.recorded(id).await?,
        };
        let mine = |order: &Order| {
            opened || caller.is_some_and(|caller| caller.is_staff() || caller.subject.to_string() == order.record.owner)
        };
        order.filter(mine).ok_or_else(|| problem::NOT_FOUND.detail("You have no such order."))
    }

    async fn recorded(&self, id: OrderId) -> Result<Option<Order>, Problem> {
        match self.payment.order(id).await {
            Ok(record) => Ok(Some(Order::placed(record, self.system.now()).0)),
            Err(error) if error.refused_as(problem::NOT_FOUND).is_some() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whoever may see the order, as far as they may.
    pub fn viewer(&self, caller: Option<&Principal>) -> Viewer {
        let staff = caller.is_some_and(Principal::is_staff);
        Viewer { staff, now: self.system.now(), return_window: self.settings.return_window }
    }

    /// Changes an order for somebody, and answers with the order as they may see it. A request is carried out once and
    /// answered alike each time it is sent.
    async fn change(
        &self,
        id: OrderId,
        asking: &Asking,
        status: StatusCode,
        change: impl Fn(&mut Order) -> Result<Effects, Problem> + Send + Sync,
    ) -> Result<JsonResponse, Problem> {
        let now = self.system.now();
        let command = |order: &mut Order| {
            let effects = change(order)?;
            Ok((effects, JsonResponse::json(status, &asking.viewer.view(order.clone()))?))
        };
        let missing = || problem::NOT_FOUND.detail("The order is not here yet. Try again in a moment.");
        let answer = self.store.command(id, &asking.key, now, &command).await?.ok_or_else(missing)??;
        self.bell.ring(id);
        Ok(answer)
    }

    /// Asks for an order to be cancelled.
    ///
    /// # Errors
    /// 409 when it is too late.
    pub async fn cancel(&self, id: OrderId, asking: &Asking, reason: &str) -> Result<JsonResponse, Problem> {
        let now = self.system.now();
        self.change(id, asking, StatusCode::ACCEPTED, |order| {
            if order.cancellation.is_some() || order.cancel(Some(&asking.author), reason, now) {
                return Ok(Effects::default());
            }
            Err(NOT_CANCELLABLE.detail("The order has left or is finished. It cannot be cancelled any more."))
        })
        .await
    }

    /// Asks for a refund.
    ///
    /// # Errors
    /// 409 when more would be given back than was taken.
    pub async fn refund(&self, id: OrderId, asking: &Asking, request: &RefundRequest) -> Result<JsonResponse, Problem> {
        let now = self.system.now();
        // Whoever asks under a key of their own asks for a refund of its own, even when the answer was forgotten.
        let key = format!("{}:{}", asking.key.scope.owner, asking.key.scope.key);
        let refund = Refund::new(key, request.amount, request.reason.as_str().to_owned());
        self.change(id, asking, StatusCode::ACCEPTED, |order| {
            if order.refund(refund.clone(), now) {
                return Ok(Effects::default());
            }
            let totals = order.record.totals;
            Err(REFUND_TOO_HIGH
                .detail("That is more than was taken and not given back, or the key was used for another amount, or the order is not at a point where money can be given back.")
                .with("captured", totals.captured)
                .with("refunded", totals.refunded))
        })
        .await
    }

    /// Lets what is parked go on.
    ///
    /// # Errors
    /// 409 when nothing is.
    pub async fn resume(&self, id: OrderId, asking: &Asking) -> Result<JsonResponse, Problem> {
        let now = self.system.now();
        self.change(id, asking, StatusCode::ACCEPTED, |order| {
            if order.resume(&asking.author, now) {
                return Ok(Effects::default());
            }
            Err(ATTENTION_NOT_NEEDED.detail("Nothing of the order waits to be tried again."))
        })
        .await
    }

    /// Decides about what is parked, and about what is of concern.
    ///
    /// # Errors
    /// 409 when nothing is, or it cannot go back.
    pub async fn resolve(&self, id: OrderId, asking: &Asking, resolution: &AttentionResolution) -> Result<JsonResponse, Problem> {
        let now = self.system.now();
        self.change(id, asking, StatusCode::ACCEPTED, |order| {
            order.resolve(resolution.outcome, &asking.author, resolution.reason.as_str(), now)
        })
        .await
    }

    /// Asks to return some of an order.
    ///
    /// # Errors
    /// 409 when that cannot be returned.
    pub async fn request_return(
        &self,
        id: OrderId,
        asking: &Asking,
        request: &ReturnRequest,
    ) -> Result<JsonResponse, Problem> {
        let (now, window) = (self.system.now(), self.settings.return_window);
        self.change(id, asking, StatusCode::CREATED, |order| {
            order.request_return(&request.lines, request.reason.as_str(), window, now)
        })
        .await
    }

    /// Takes in what was returned.
    ///
    /// # Errors
    /// 404, or 409 when it was decided before or more came than was announced.
    pub async fn receive_return(
        &self,
        id: OrderId,
        number: u32,
        asking: &Asking,
        receipt: &ReturnReceipt,
    ) -> Result<JsonResponse, Problem> {
        let now = self.system.now();
        self.change(id, asking, StatusCode::ACCEPTED, |order| {
            order.receive_return(number, receipt, &asking.author, now)
        })
        .await
    }

    /// Does not take back what was returned.
    ///
    /// # Errors
    /// 404, or 409 when it was decided before.
    pub async fn reject_return(
        &self,
        id: OrderId,
        number: u32,
        asking: &Asking,
        rejection: &ReturnRejection,
    ) -> Result<JsonResponse, Problem> {
        let now = self.system.now();
        self.change(id, asking, StatusCode::OK, |order| {
            order.reject_return(number, rejection.reason.as_str(), &asking.author, now)
        })
        .await
    }
}
