//! The HTTP edge: Worldpay's interface, the pages for browsers, the controls for developers.

mod answers;
mod browser;
mod control;
mod gate;
mod hosted;
mod payments;
mod queries;
mod vault;

use crate::Sandbox;
use crate::wire::WireError;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Router, middleware};

/// The largest body.
const LARGEST: usize = 256 << 10;

/// All routes. Worldpay's own are behind the gate of headers, credentials and faults; the pages and controls are not.
pub(crate) fn router(sandbox: Sandbox) -> Router {
    let merchants = Router::new()
        .route("/api/payments", post(payments::pay))
        .route("/api/payments/{link}", get(payments::show))
        .route("/api/payments/{link}/{action}", post(payments::act))
        .route("/paymentQueries/payments", get(queries::list))
        .route("/paymentQueries/payments/{id}", get(queries::show))
        .route("/tokens", post(vault::keep))
        .route("/tokens/{id}", get(vault::show).put(vault::replace).delete(vault::forget))
        .route("/payment_pages", post(hosted::create))
        .route_layer(middleware::from_fn_with_state(sandbox.clone(), gate::admit));
    // Browsers call this one: it has a checkout id in its body instead of credentials.
    let browsers = Router::new().route("/sessions/card", post(vault::session));
    let wire = merchants.merge(browsers).route_layer(middleware::from_fn_with_state(sandbox.clone(), gate::misbehave));
    let pages = Router::new()
        .route("/sandbox/sessions", post(browser::session))
        .route("/sandbox/device-data", get(browser::device_data).post(browser::device_data))
        .route("/sandbox/challenge", post(browser::challenge))
        .route("/sandbox/challenge/decision", post(browser::decide))
        .route("/sandbox/pay/{id}", get(hosted::page).post(hosted::pay))
        .route("/sandbox/pay/{id}/return", post(hosted::come_back));
    let controls = Router::new()
        .route("/sandbox/faults", get(control::faults).put(control::set_faults))
        .route("/sandbox/payments/{reference}/events", post(control::happen))
        .route("/sandbox/ledger", get(control::ledger))
        .route("/sandbox/webhooks", get(control::webhooks));
    wire.merge(pages)
        .merge(controls)
        .fallback(|| async { WireError::not_found() })
        .method_not_allowed_fallback(|| async {
            WireError::new(StatusCode::METHOD_NOT_ALLOWED, "methodNotAllowed", "This address does not take this method")
        })
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(sandbox)
}
