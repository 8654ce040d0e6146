//! Payment over HTTP.

mod customers;
mod internal;
mod sandbox;
mod staff;
mod webhooks;

use crate::checkout::Checkout;
use chassis::transport::Transport;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// All routes; those of the sandbox's pages where there is one.
pub fn routes(checkout: Checkout, sandbox: Option<Transport>) -> OpenApiRouter {
    let routes = OpenApiRouter::new()
        .routes(routes!(customers::methods))
        .routes(routes!(customers::check_out))
        .routes(routes!(customers::payment))
        .routes(routes!(customers::try_again))
        .routes(routes!(customers::confirm))
        .routes(routes!(customers::give_up))
        .routes(routes!(customers::come_back, customers::come_back_by_form))
        .routes(routes!(internal::order))
        .routes(routes!(internal::awaited_transfer))
        .routes(routes!(internal::command))
        .routes(routes!(staff::payments))
        .routes(routes!(staff::details))
        .routes(routes!(staff::resolve))
        .routes(routes!(staff::receive))
        .routes(routes!(staff::balances))
        .routes(routes!(staff::payouts, staff::record_payout))
        .routes(routes!(webhooks::hear))
        .routes(routes!(webhooks::webhook_events))
        .routes(routes!(webhooks::replay))
        .routes(routes!(webhooks::discard))
        .with_state(checkout);
    match sandbox {
        Some(transport) => routes.merge(sandbox::routes(transport)),
        None => routes,
    }
}
