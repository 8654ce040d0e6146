//! What of the sandbox the browser meets, passed on to it: the exchange of card details for a session, and its pages.
//! With a real gateway these are the gateway's own addresses.

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

/// The pages that may be asked for; what controls the sandbox is not among them.
const PAGES: [&str; 4] = ["/sandbox/sessions", "/sandbox/challenge", "/sandbox/device-data", "/sandbox/pay"];

/// The routes.
pub fn routes(transport: Transport) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(session)).routes(routes!(page, form)).with_state(transport)
}

/// A card, as the sandbox's stand-in for hosted fields takes it. Only the sandbox ever keeps anything of it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CardDetails {
    /// The name on the card; chooses the outcome.
    pub card_holder_name: String,
    /// The number: 12 to 19 digits.
    pub card_number: String,
    /// The month it expires, 1 to 12.
    pub expiry_month: u8,
    /// The year it expires.
    pub expiry_year: u16,
    /// The code on its back.
    pub cvc: String,
}

/// What stands for a card.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct SandboxSession {
    /// Pass it as `payment.session`.
    pub session: String,
}

/// Exchange card details for a session, in the sandbox
///
/// Stands for the hosted fields of a real gateway: with one, the browser sends card details to the gateway alone.
#[utoipa::path(post, path = "/api/v1/sandbox/sessions", tag = "payment", operation_id = "sandbox_session",
    request_body = CardDetails, responses((status = 201, body = SandboxSession), (status = 422, body = Problem)))]
async fn session(State(transport): State<Transport>, request: Request) -> Result<Response, Problem> {
    pass(transport, request, "/sandbox/sessions").await
}

/// A page of the sandbox: its bank's, or for paying there
#[utoipa::path(get, path = "/sandbox/{*page}", tag = "payment", operation_id = "sandbox_page", params(("page" = String, Path)),
    responses((status = 200, description = "The page", content_type = "text/html")))]
async fn page(State(transport): State<Transport>, request: Request) -> Result<Response, Problem> {
    pass_page(transport, request).await
}

/// A form of one of the sandbox's pages
#[utoipa::path(post, path = "/sandbox/{*page}", tag = "payment", operation_id = "sandbox_form", params(("page" = String, Path)),
    responses((status = 200, description = "The page", content_type = "text/html"), (status = 303, description = "Back to the shop")))]
async fn form(State(transport): State<Transport>, request: Request) -> Result<Response, Problem> {
    pass_page(transport, request).await
}

async fn pass_page(transport: Transport, request: Request) -> Result<Response, Problem> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let within =
        |page: &&str| path.strip_prefix(*page).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    if !PAGES.iter().any(within) || climbs(&path) {
        return Err(problem::NOT_FOUND.detail("There is nothing at this address."));
    }
    pass(transport, request, &path).await
}

/// Whether it has a segment that leads to another one: whoever resolves those comes to a page that was not meant.
fn climbs(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    path.split(['/', '\\']).any(|segment| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".." || plain.contains("%2f") || plain.contains("%5c")
    })
}

/// Passes a request on, without whoever sends it: the sandbox has nothing to do with the shop's sessions.
async fn pass(transport: Transport, request: Request, path: &str) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    parts.uri = path.parse::<Uri>().map_err(|_| problem::NOT_FOUND.detail("There is nothing at this address."))?;
    parts.headers.remove(header::COOKIE);
    parts.headers.remove(header::AUTHORIZATION);
    // What this service has found out about the request, such as its route, is not the sandbox's.
    parts.extensions.clear();
    let passed = transport.oneshot(Request::from_parts(parts, Body::new(body))).await;
    let response = passed.map_err(|error| {
        tracing::warn!(%error, "the sandbox is away");
        problem::UNAVAILABLE.detail("The payment sandbox is away for the moment. Try again shortly.")
    })?;
    let status = response.status();
    if status == StatusCode::UNAUTHORIZED || status.is_server_error() {
        return Err(problem::UNAVAILABLE.detail("The payment sandbox does not answer as it should."));
    }
    Ok(response.into_response())
}
