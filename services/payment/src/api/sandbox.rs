//! Forwards browsers to the sandbox: the exchange of card details for a session, and its pages. With a real gateway the
//! browser uses the gateway's own addresses for these.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use chassis::transport::Transport;
use chassis::{Problem, problem};
use serde::{Deserialize, Serialize};
use tower::ServiceExt;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The public pages. The sandbox's control API must not be reachable through the shop.
const PAGES: [&str; 4] = ["/sandbox/sessions", "/sandbox/challenge", "/sandbox/device-data", "/sandbox/pay"];

pub fn routes(transport: Transport) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(create_sandbox_session))
        .routes(routes!(get_sandbox_page, submit_sandbox_form))
        .with_state(transport)
}

/// Card details for the sandbox, in place of a gateway's hosted fields. Only the sandbox ever stores any of them.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "card_holder_name": "AUTHORISED", "card_number": "4444333322221111", "expiry_month": 12, "expiry_year": 2030, "cvc": "123"
}))]
pub struct CardDetails {
    /// The name on the card, which selects the outcome.
    pub card_holder_name: String,
    /// The card number of 12 to 19 digits.
    pub card_number: String,
    /// The month of expiry, from 1 to 12.
    pub expiry_month: u8,
    /// The year of expiry, with four digits.
    pub expiry_year: u16,
    /// The security code of the card.
    pub cvc: String,
}

/// A session that stands for a card.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct SandboxSession {
    /// The value for `payment.session` in a checkout.
    pub session: String,
}

/// Create a sandbox card session
///
/// Exchanges card details for a session. With a real gateway, its hosted fields do this, and card details never pass
/// through the shop.
#[utoipa::path(post, path = "/api/v1/sandbox/sessions", tag = "payment", operation_id = "create_sandbox_session",
    request_body = CardDetails, responses((status = 201, body = SandboxSession), (status = 422, body = Problem)))]
async fn create_sandbox_session(State(transport): State<Transport>, request: Request) -> Result<Response, Problem> {
    forward(transport, request, "/sandbox/sessions").await
}

/// Get a sandbox page
#[utoipa::path(get, path = "/sandbox/{*page}", tag = "payment", operation_id = "get_sandbox_page", params(("page" = String, Path)),
    responses((status = 200, description = "The page", content_type = "text/html"), (status = 404, body = Problem),
        (status = 503, body = Problem)))]
async fn get_sandbox_page(State(transport): State<Transport>, request: Request) -> Result<Response, Problem> {
    forward_page(transport, request).await
}

/// Submit a form of a sandbox page
#[utoipa::path(post, path = "/sandbox/{*page}", tag = "payment", operation_id = "submit_sandbox_form", params(("page" = String, Path)),
    responses((status = 200, description = "The page", content_type = "text/html"), (status = 303, description = "Redirect to the shop"), (status = 404, body = Problem)))]
async fn submit_sandbox_form(State(transport): State<Transport>, request: Request) -> Result<Response, Problem> {
    forward_page(transport, request).await
}

async fn forward_page(transport: Transport, request: Request) -> Result<Response, Problem> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let within =
        |page: &&str| path.strip_prefix(*page).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    if !PAGES.iter().any(within) || has_dot_segments(&path) {
        return Err(problem::NOT_FOUND.detail("Page not found."));
    }
    forward(transport, request, &path).await
}

/// Returns true if the path has dot segments, plain or encoded. A server that resolves them would leave the public pages.
fn has_dot_segments(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    path.split(['/', '\\']).any(|segment| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".." || plain.contains("%2f") || plain.contains("%5c")
    })
}

/// Forwards a request without its credentials, as the sandbox has nothing to do with the shop's sessions.
async fn forward(transport: Transport, request: Request, path: &str) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    parts.uri = path.parse::<Uri>().map_err(|_| problem::NOT_FOUND.detail("Page not found."))?;
    // The sandbox may run elsewhere, and sessions must not leave the shop.
    parts.headers.remove(header::COOKIE);
    parts.headers.remove(header::AUTHORIZATION);
    // Extensions such as the matched route belong to this service and would confuse the sandbox's router.
    parts.extensions.clear();
    let forwarded = transport.oneshot(Request::from_parts(parts, Body::new(body))).await;
    let response = forwarded.map_err(|error| {
        tracing::warn!(%error, "the sandbox is unavailable");
        problem::UNAVAILABLE.detail("The payment sandbox is temporarily unavailable. Try again shortly.")
    })?;
    let status = response.status();
    // A 401 is about our own credentials, and browsers would take it for the end of the customer's session.
    if status == StatusCode::UNAUTHORIZED || status.is_server_error() {
        return Err(problem::UNAVAILABLE.detail("The payment sandbox is not working correctly. Try again later."));
    }
    Ok(response.into_response())
}
