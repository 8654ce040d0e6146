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
use chassis::idempotency::{KeyScope, KeyUse};
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

/// A request about an order, which may have an idempotency key.
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

    fn asking(&self, state: &State, scope: Option<KeyScope>) -> Asking {
        let about = format!("{}/{}", self.order, self.about);
        let key = scope.map(|scope| KeyUse::new(scope, about.as_bytes(), self.body));
        Asking { author: self.author(), viewer: state.orders.viewer(self.visitor), key }
    }

    /// One that needs a key, because money or stock moves.
    fn keyed(&self, state: &State) -> Result<Asking, Problem> {
        let scope = KeyScope::of(self.author(), self.operation, self.headers)?;
        Ok(self.asking(state, Some(scope)))
    }

    /// One that may have a key.
    fn perhaps_keyed(&self, state: &State) -> Result<Asking, Problem> {
        let scope = KeyScope::if_any(self.author(), self.operation, self.headers)?;
        Ok(self.asking(state, scope))
    }
}
