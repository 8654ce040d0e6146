//! Dispatch over HTTP.

mod customers;
mod mailbox;
mod returns;
mod staff;
mod timeline;

use crate::orders::{Asking, Orders};
use axum::http::HeaderMap;
use chassis::Problem;
use chassis::auth::Principal;
use chassis::idempotency::{IdempotencyScope, IdempotentRequest};
use contracts::OrderId;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the handlers share.
#[derive(Clone)]
pub struct State {
    /// Orders.
    pub orders: Orders,
    /// Shutdown has begun: live timelines end.
    pub stop: CancellationToken,
}

/// All routes; with the mailbox where it is wanted.
pub fn routes(state: State, mailbox: bool) -> OpenApiRouter {
    let mut routes = OpenApiRouter::new()
        .routes(routes!(customers::orders))
        .routes(routes!(customers::order))
        .routes(routes!(timeline::timeline))
        .routes(routes!(customers::cancel))
        .routes(routes!(staff::refund))
        .routes(routes!(staff::workflows))
        .routes(routes!(staff::retry))
        .routes(routes!(staff::resolve))
        .routes(routes!(returns::request))
        .routes(routes!(returns::receive))
        .routes(routes!(returns::reject));
    if mailbox {
        routes = routes.routes(routes!(mailbox::mailbox));
    }
    routes.with_state(state)
}

/// A request about an order, with an idempotency key.
struct Request<'r> {
    visitor: Option<&'r Principal>,
    order: OrderId,
    operation: &'static str,
    headers: &'r HeaderMap,
    /// What of the path belongs to it besides the order.
    about: &'r str,
    body: &'r [u8],
}

impl Request<'_> {
    /// Whoever asks: their session, or whoever has the order's link.
    fn author(&self) -> String {
        self.visitor.map_or_else(|| format!("link:{}", self.order), |visitor| visitor.subject.to_string())
    }

    /// What it asks for, under the key that it needs.
    fn keyed(&self, state: &State) -> Result<Asking, Problem> {
        let scope = IdempotencyScope::of(self.author(), self.operation, self.headers)?;
        let about = format!("{}/{}", self.order, self.about);
        let key = IdempotentRequest::new(scope, about.as_bytes(), self.body);
        Ok(Asking { author: self.author(), viewer: state.orders.viewer(self.visitor), key })
    }
}
