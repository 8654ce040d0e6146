//! Dispatch over HTTP.

mod customers;
mod mailbox;
mod staff;
mod timeline;

use crate::orders::Orders;
use events::Inbox;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the handlers share.
#[derive(Clone)]
pub struct State {
    /// Orders.
    pub orders: Orders,
    /// Events that failed.
    pub inbox: Arc<dyn Inbox>,
    /// Clock and generator.
    pub sources: chassis::Sources,
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
        .routes(routes!(staff::dead_letters))
        .routes(routes!(staff::replay))
        .routes(routes!(staff::discard));
    if mailbox {
        routes = routes.routes(routes!(mailbox::mailbox));
    }
    routes.with_state(state)
}
