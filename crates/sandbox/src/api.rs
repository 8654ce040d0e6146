//! The HTTP API: Worldpay's protocol, the pages for browsers and the control API for developers.

mod auth;
mod browser;
mod control;
mod hosted;
mod payments;
mod queries;
mod responses;
mod tokens;

use crate::Sandbox;
use crate::protocol::WireError;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Router, middleware};

/// The largest accepted request body, in bytes.
const MAX_BODY: usize = 256 << 10;

/// Returns all routes. Headers, credentials and injected faults apply to Worldpay's routes only, not to pages and
/// controls.
pub(crate) fn router(sandbox: Sandbox) -> Router {
    let merchants = Router::new()
        .route("/api/payments", post(payments::pay))
        .route("/api/payments/{link}", get(payments::show))
        .route("/api/payments/{link}/{action}", post(payments::act))
        .route("/paymentQueries/payments", get(queries::list))
        .route("/paymentQueries/payments/{id}", get(queries::show))
        .route("/tokens", post(tokens::create))
        .route("/tokens/{id}", get(tokens::show).put(tokens::replace).delete(tokens::delete))
        .route("/payment_pages", post(hosted::create))
        // A `route_layer` leaves unknown paths alone, so they are 404 without credentials as well.
        .route_layer(middleware::from_fn_with_state(sandbox.clone(), auth::authenticate));
    // Called by browsers, which identify the merchant by a checkout id in the body instead of credentials.
    let browsers = Router::new().route("/sessions/card", post(tokens::session));
    let protocol =
        // The layer that is added last runs first: faults affect requests before their credentials are checked.
        merchants.merge(browsers).route_layer(middleware::from_fn_with_state(sandbox.clone(), auth::inject_faults));
    let pages = Router::new()
        .route("/sandbox/sessions", post(browser::session))
        .route("/sandbox/device-data", get(browser::device_data).post(browser::device_data))
        .route("/sandbox/challenge", post(browser::challenge))
        .route("/sandbox/challenge/decision", post(browser::decide))
        .route("/sandbox/pay/{id}", get(hosted::page).post(hosted::pay))
        .route("/sandbox/pay/{id}/return", post(hosted::return_from_bank));
    let controls = Router::new()
        .route("/sandbox/faults", get(control::faults).put(control::set_faults))
        .route("/sandbox/payments/{reference}/events", post(control::trigger_event))
        .route("/sandbox/ledger", get(control::ledger))
        .route("/sandbox/webhooks", get(control::webhooks))
        .route("/sandbox/webhooks/resend", post(control::resend_webhooks));
    protocol
        .merge(pages)
        .merge(controls)
        .fallback(|| async { WireError::not_found() })
        .method_not_allowed_fallback(|| async {
            WireError::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "methodNotAllowed",
                "This resource does not support the method",
            )
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(sandbox)
}
