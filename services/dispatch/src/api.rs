//! The HTTP operations of the dispatch service.

mod customers;
mod failed_emails;
mod mailbox;
mod returns;
mod staff;
mod timeline;
mod withdrawals;

use crate::service::{OrderService, Requester};
use axum::http::HeaderMap;
use chassis::Problem;
use chassis::auth::Principal;
use chassis::idempotency::{IdempotencyScope, IdempotentRequest};
use contracts::OrderId;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The state that the handlers share.
#[derive(Clone)]
pub struct ApiState {
    pub orders: OrderService,
    /// Ends live timelines at shutdown.
    pub stop: CancellationToken,
}

pub fn routes(state: ApiState, mailbox: bool) -> OpenApiRouter {
    let mut routes = OpenApiRouter::new()
        .routes(routes!(customers::list_orders))
        .routes(routes!(customers::get_order))
        .routes(routes!(timeline::watch_order_timeline))
        .routes(routes!(customers::cancel_order))
        .routes(routes!(staff::refund_order))
        .routes(routes!(staff::list_workflows))
        .routes(routes!(staff::retry_workflow))
        .routes(routes!(staff::resolve_workflow))
        .routes(routes!(failed_emails::list_failed_emails))
        .routes(routes!(failed_emails::retry_failed_email))
        .routes(routes!(withdrawals::withdraw_from_order))
        .routes(routes!(returns::request_return))
        .routes(routes!(returns::receive_return))
        .routes(routes!(returns::reject_return));
    if mailbox {
        routes = routes.routes(routes!(mailbox::show_mailbox));
    }
    routes.with_state(state)
}

/// A request about an order that carries an idempotency key.
struct OrderRequest<'r> {
    caller: Option<&'r Principal>,
    order: OrderId,
    operation: &'static str,
    headers: &'r HeaderMap,
    /// The part of the path behind the order's id that identifies the object, such as a return.
    object: &'r str,
    body: &'r [u8],
}

impl OrderRequest<'_> {
    /// Returns the subject of the caller's session, or a name for the bearer of the order's link.
    fn author(&self) -> String {
        self.caller.map_or_else(|| format!("link:{}", self.order), |caller| caller.subject.to_string())
    }

    /// Returns the sender with the identity of the request.
    ///
    /// # Errors
    /// 422 when the idempotency key is missing.
    fn requester(&self, state: &ApiState) -> Result<Requester, Problem> {
        let scope = IdempotencyScope::of(self.author(), self.operation, self.headers)?;
        // Part of the digest, so that a key used for one order cannot return its response for another.
        let object = format!("{}/{}", self.order, self.object);
        let key = IdempotentRequest::new(scope, object.as_bytes(), self.body);
        Ok(Requester { author: self.author(), viewer: state.orders.viewer(self.caller), key })
    }
}
