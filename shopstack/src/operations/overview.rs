//! The overview: a page that draws a service map, rates, latencies and logs from the telemetry of this process.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use chassis::telemetry::log::RecentLogs;

const PAGE: &str = include_str!("overview.html");
const STYLE: &str = include_str!("overview.css");
const SCRIPT: &str = include_str!("overview.js");
/// The page loads its own script and style, and reads its own origin; nothing else.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'";

/// The files of the page, and the log lines it shows.
pub(super) fn router(logs: RecentLogs) -> Router {
    Router::new()
        .route("/overview.css", get(|| async { file("text/css; charset=utf-8", STYLE) }))
        .route("/overview.js", get(|| async { file("text/javascript; charset=utf-8", SCRIPT) }))
        .route("/logs", get(recent_logs).with_state(logs))
}

/// The page for browsers; `None` for clients that do not ask for HTML, such as curl.
pub(super) fn page(headers: &HeaderMap) -> Option<Response> {
    let accept = headers.get(header::ACCEPT)?.to_str().ok()?;
    accept.contains("text/html").then(|| ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(PAGE)).into_response())
}

fn file(media_type: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "no-cache")], text).into_response()
}

async fn recent_logs(State(logs): State<RecentLogs>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (headers, logs.lines().concat()).into_response()
}
