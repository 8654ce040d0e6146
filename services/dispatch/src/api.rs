//! The HTTP operations of the dispatch service.

mod customers;
mod documents;
mod failed_emails;
mod mailbox;
mod returns;
mod staff;
mod timeline;
mod withdrawals;

use crate::service::{OrderService, Requester};
use axum::http::HeaderMap;
use chassis::Problem;
use chassis::auth::{OptionalPrincipal, Principal};
use chassis::idempotency::{IdempotencyScope, IdempotentRequest, RawJson};
use contracts::OrderId;
use customers::LinkParameters;
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
        .routes(routes!(customers::send_order_link))
        .routes(routes!(staff::count_open_orders))
        .routes(routes!(customers::get_order))
        .routes(routes!(timeline::watch_order_timeline))
        .routes(routes!(customers::cancel_order))
        .routes(routes!(staff::refund_order))
        .routes(routes!(staff::capture_order))
        .routes(routes!(staff::add_order_note))
        .routes(routes!(staff::get_packing_list))
        .routes(routes!(staff::list_packing_lists))
        .routes(routes!(documents::get_invoice))
        .routes(routes!(documents::get_packing_slip))
        .routes(routes!(documents::get_address_label))
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

impl ApiState {
    /// Returns the sender of a command about an order with the identity of the request. `command` is the name of the operation, and
    /// the part of the path behind the order's id that identifies the object, such as a return.
    ///
    /// # Errors
    /// 422 when the idempotency key is missing.
    fn requester(
        &self,
        caller: Option<&Principal>,
        headers: &HeaderMap,
        order: OrderId,
        (operation, object): (&'static str, &str),
        body: &[u8],
    ) -> Result<Requester, Problem> {
        // The bearer of an order's link has no subject.
        let author = caller.map_or_else(|| format!("link:{order}"), |caller| caller.subject.to_string());
        let scope = IdempotencyScope::of(author.clone(), operation, headers)?;
        // Part of the digest, so that a key used for one order cannot return its response for another.
        let object = format!("{order}/{object}");
        let key = IdempotentRequest::new(scope, object.as_bytes(), body);
        Ok(Requester { author, viewer: self.orders.viewer(caller), key })
    }

    /// Returns the sender and the body of a customer's command about an order, which the order's link permits without a
    /// session. `command` is that of [`ApiState::requester`].
    ///
    /// # Errors
    /// 401 or 404 when the caller may not see the order; 422 for an invalid body or without an idempotency key.
    async fn customer_command<T>(
        &self,
        caller: &OptionalPrincipal,
        link: &LinkParameters,
        headers: &HeaderMap,
        order: OrderId,
        command: (&'static str, &str),
        body: Result<RawJson<T>, Problem>,
    ) -> Result<(Requester, T), Problem> {
        let caller = caller.0.as_ref();
        // Checked before the body, so that an invalid request does not reveal whether the order exists.
        self.orders.find_visible(caller, link.token.as_deref(), order).await?;
        let RawJson { bytes, value } = body?;
        Ok((self.requester(caller, headers, order, command, &bytes)?, value))
    }
}
