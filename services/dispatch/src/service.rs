//! The operations on orders that the API offers.

use crate::Settings;
use crate::mail::ShopContent;
use crate::messages;
use crate::order::{Effects, MAX_NOTES, Order, Refund};
use crate::order_notifier::OrderNotifier;
use crate::store::{OrderFilter, OrderStore, search_words};
use crate::views::Viewer;
use chassis::auth::Principal;
use chassis::idempotency::{IdempotentRequest, JsonResponse};
use chassis::{Problem, StatusCode, SystemContext, problem};
use contracts::dispatch::{
    ATTENTION_NOT_NEEDED, AttentionResolution, NOT_CANCELLABLE, NOT_CAPTURABLE, REFUND_TOO_HIGH, RefundRequest,
    ReturnReceipt, ReturnRejection, ReturnRequest, TOO_MANY_NOTES, WithdrawalRequest,
};
use contracts::payment::{OrderLinks, PaymentClient};
use contracts::shipping::ShippingClient;
use contracts::{Email, OrderId};
use std::sync::Arc;

/// The number of orders that are read at once when one is looked for.
const PAGE_SIZE: usize = 20;

/// Reads and changes orders on behalf of customers, staff and events.
#[derive(Clone)]
pub struct OrderService {
    pub(crate) store: Arc<dyn OrderStore>,
    pub(crate) notifier: OrderNotifier,
    pub(crate) payment: PaymentClient,
    pub(crate) shipping: ShippingClient,
    links: OrderLinks,
    pub(crate) system: SystemContext,
    pub(crate) settings: Settings,
    content: ShopContent,
}

/// The sender of a request about an order.
#[derive(Debug, Clone)]
pub struct Requester {
    /// The subject of the sender's session, or the order's link.
    pub author: String,
    /// The reader that the response is rendered for.
    pub viewer: Viewer,
    /// The request, which is carried out once.
    pub key: IdempotentRequest,
}

impl OrderService {
    /// Creates the service over its store.
    pub fn new(
        store: Arc<dyn OrderStore>,
        payment: PaymentClient,
        shipping: ShippingClient,
        links: OrderLinks,
        system: SystemContext,
        notifier: OrderNotifier,
        settings: Settings,
    ) -> Self {
        let content = ShopContent::default();
        Self { store, notifier, payment, shipping, links, system, settings, content }
    }

    /// Names the shop and the seller in documents.
    #[must_use]
    pub fn with_content(self, content: ShopContent) -> Self {
        Self { content, ..self }
    }

    /// Returns the name of the shop and the seller, for documents.
    pub const fn content(&self) -> &ShopContent {
        &self.content
    }

    /// Returns the order if the caller may see it: its owner, staff, or the bearer of its link.
    ///
    /// # Errors
    /// 401 without session and link, 404 when the order does not exist or belongs to another owner.
    pub async fn find_visible(
        &self,
        caller: Option<&Principal>,
        token: Option<&str>,
        id: OrderId,
    ) -> Result<Order, Problem> {
        let has_link = token.is_some_and(|token| self.links.opens(id, token));
        if caller.is_none() && !has_link {
            return Err(problem::UNAUTHENTICATED.detail(messages::current().login_or_link_needed()));
        }
        let order = match self.store.find(id).await? {
            Some(order) => Some(order),
            // The event that places the order may still be on its way: payment's record is shown until it arrives.
            None => self.recorded_by_payment(id).await?,
        };
        let may_see = |order: &Order| {
            has_link
                || caller.is_some_and(|caller| caller.is_staff() || caller.subject.to_string() == order.record.owner)
        };
        // 404 instead of 403, so that ids of other customers' orders cannot be probed.
        order.filter(may_see).ok_or_else(|| problem::NOT_FOUND.detail(messages::current().no_such_order()))
    }

    async fn recorded_by_payment(&self, id: OrderId) -> Result<Option<Order>, Problem> {
        match self.payment.order(id).await {
            Ok(record) => Ok(Some(Order::placed(record, self.system.now()).0)),
            Err(error) if error.refused_as(problem::NOT_FOUND).is_some() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Emails the link of the order with this number and email address to its customer. Nothing happens without one, so that
    /// strangers do not learn who has ordered.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn send_link(&self, number: &str, email: &str) -> Result<(), Problem> {
        // A text that is no email address belongs to no order.
        let Ok(email) = email.parse::<Email>() else { return Ok(()) };
        let (number, email, now) = (number.trim(), email.normalised(), self.system.now());
        let terms = [number, &email].into_iter().flat_map(search_words).collect();
        let (filter, mut before) = (OrderFilter { terms, ..OrderFilter::default() }, None);
        loop {
            let page = self.store.list(&filter, before, PAGE_SIZE).await?;
            // The words of names are terms as well, so both are compared again.
            let is_of =
                |order: &&Order| order.record.order_number == number && order.record.email.normalised() == email;
            if let Some(order) = page.iter().find(is_of) {
                self.store.change(order.id(), now, &|order| Ok(order.send_link(now))).await?.transpose()?;
                return Ok(());
            }
            match page.last() {
                Some(last) if page.len() == PAGE_SIZE => before = Some(last.id()),
                _ => return Ok(()),
            }
        }
    }

    /// Returns the reader that the caller is.
    pub fn viewer(&self, caller: Option<&Principal>) -> Viewer {
        let staff = caller.is_some_and(Principal::is_staff);
        let has_seller = self.content.has_seller();
        Viewer { staff, has_seller, now: self.system.now(), return_window: self.settings.return_window }
    }

    /// Changes an order and responds with its view. A repeated request returns the stored response.
    async fn change(
        &self,
        id: OrderId,
        requester: &Requester,
        status: StatusCode,
        change: impl Fn(&mut Order) -> Result<Effects, Problem> + Send + Sync,
    ) -> Result<JsonResponse, Problem> {
        let now = self.system.now();
        let command = |order: &mut Order| {
            let effects = change(order)?;
            Ok((effects, JsonResponse::json(status, &requester.viewer.view(order.clone()))?))
        };
        let missing = || problem::NOT_FOUND.detail(messages::current().order_not_ready());
        let response = self.store.command(id, &requester.key, now, &command).await?.ok_or_else(missing)??;
        // Signalled after the commit, so that the worker reads the new state.
        self.notifier.notify(id);
        Ok(response)
    }

    /// Requests the cancellation of an order.
    ///
    /// # Errors
    /// 409 when it is too late.
    pub async fn cancel(&self, id: OrderId, requester: &Requester, reason: &str) -> Result<JsonResponse, Problem> {
        let now = self.system.now();
        self.change(id, requester, StatusCode::ACCEPTED, |order| {
            // A cancellation that is in progress already is what the caller wants.
            if order.cancellation.is_some() || order.cancel(Some(&requester.author), reason, now) {
                return Ok(Effects::default());
            }
            Err(NOT_CANCELLABLE.detail(messages::current().not_cancellable()))
        })
        .await
    }

    /// Requests a refund.
    ///
    /// # Errors
    /// 409 when the amount cannot be refunded.
    pub async fn refund(
        &self,
        id: OrderId,
        requester: &Requester,
        request: &RefundRequest,
    ) -> Result<JsonResponse, Problem> {
        let now = self.system.now();
        // The refund carries the request's own key, so that it is not made twice even after the stored response has
        // passed its retention.
        let key = format!("{}:{}", requester.key.scope.owner, requester.key.scope.key);
        let reason = request.reason.as_str().to_owned();
        self.change(id, requester, StatusCode::ACCEPTED, |order| {
            let is_possible = match (&request.amount, &request.lines) {
                (Some(amount), None) => order.refund(Refund::new(key.clone(), *amount, reason.clone()), now),
                (None, Some(lines)) => order.refund_lines(key.clone(), lines, reason.clone(), now)?,
                _ => return Err(Problem::invalid("/amount", messages::current().amount_or_lines())),
            };
            if is_possible {
                return Ok(Effects::default());
            }
            let totals = order.record.totals;
            Err(REFUND_TOO_HIGH
                .detail(messages::current().not_refundable())
                .with("captured", totals.captured)
                .with("refunded", totals.refunded))
        })
        .await
    }

    /// Requests the capture of everything that is left.
    ///
    /// # Errors
    /// 409 when nothing is left to capture.
    pub async fn capture(&self, id: OrderId, requester: &Requester) -> Result<JsonResponse, Problem> {
        let now = self.system.now();
        self.change(id, requester, StatusCode::ACCEPTED, |order| match order.request_capture(&requester.author, now) {
            true => Ok(Effects::default()),
            false => Err(NOT_CAPTURABLE.detail(messages::current().nothing_to_capture())),
        })
        .await
    }

    /// Adds a note that only staff see.
    ///
    /// # Errors
    /// 409 when the order has too many.
    pub async fn add_note(&self, id: OrderId, requester: &Requester, text: &str) -> Result<JsonResponse, Problem> {
        let now = self.system.now();
        self.change(id, requester, StatusCode::CREATED, |order| match order.add_note(&requester.author, text, now) {
            true => Ok(Effects::default()),
            false => Err(TOO_MANY_NOTES.detail(messages::current().too_many_notes(MAX_NOTES))),
        })
        .await
    }

    /// Retries everything about an order that needs attention.
    ///
    /// # Errors
    /// 409 when nothing does.
    pub async fn resume(&self, id: OrderId, requester: &Requester) -> Result<JsonResponse, Problem> {
        let now = self.system.now();
        self.change(id, requester, StatusCode::ACCEPTED, |order| {
            if order.resume(&requester.author, now) {
                return Ok(Effects::default());
            }
            Err(ATTENTION_NOT_NEEDED.detail(messages::current().nothing_to_retry()))
        })
        .await
    }

    /// Applies the decision of staff about an order that needs attention or has payment issues.
    ///
    /// # Errors
    /// 409 when there is nothing to decide, or the order cannot be cancelled.
    pub async fn resolve(
        &self,
        id: OrderId,
        requester: &Requester,
        resolution: &AttentionResolution,
    ) -> Result<JsonResponse, Problem> {
        let now = self.system.now();
        self.change(id, requester, StatusCode::ACCEPTED, |order| {
            order.resolve(resolution.outcome, &requester.author, resolution.reason.as_str(), now)
        })
        .await
    }

    /// Withdraws from the contract.
    ///
    /// # Errors
    /// 409 when the law gives no right of withdrawal, or not any more.
    pub async fn withdraw(
        &self,
        id: OrderId,
        requester: &Requester,
        request: &WithdrawalRequest,
    ) -> Result<JsonResponse, Problem> {
        let now = self.system.now();
        self.change(id, requester, StatusCode::CREATED, |order| order.withdraw(request.lines.as_deref(), now)).await
    }

    /// Requests a return.
    ///
    /// # Errors
    /// 409 when the items cannot be returned.
    pub async fn request_return(
        &self,
        id: OrderId,
        requester: &Requester,
        request: &ReturnRequest,
    ) -> Result<JsonResponse, Problem> {
        let (now, window) = (self.system.now(), self.settings.return_window);
        self.change(id, requester, StatusCode::CREATED, |order| {
            order.request_return(&request.lines, request.reason.as_str(), window, now)
        })
        .await
    }

    /// Records that a return has arrived.
    ///
    /// # Errors
    /// 404, or 409 when it was decided before or more is accepted than was announced.
    pub async fn receive_return(
        &self,
        id: OrderId,
        number: u32,
        requester: &Requester,
        receipt: &ReturnReceipt,
    ) -> Result<JsonResponse, Problem> {
        let now = self.system.now();
        self.change(id, requester, StatusCode::ACCEPTED, |order| {
            order.receive_return(number, receipt, &requester.author, now)
        })
        .await
    }

    /// Declines a return.
    ///
    /// # Errors
    /// 404, or 409 when it was decided before.
    pub async fn reject_return(
        &self,
        id: OrderId,
        number: u32,
        requester: &Requester,
        rejection: &ReturnRejection,
    ) -> Result<JsonResponse, Problem> {
        let now = self.system.now();
        self.change(id, requester, StatusCode::OK, |order| {
            order.reject_return(number, rejection.reason.as_str(), &requester.author, now)
        })
        .await
    }
}
