//! The middleware around every handler: context, span, metrics, access, panics, detached writes.

use super::metrics::RequestMetrics;
use crate::auth::AccessTable;
use crate::problem::{self, Problem};
use crate::tasks::Tasks;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use http_body_util::{BodyExt, Limited};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use telemetry::context::{self, Context};
use telemetry::schema::attributes::HTTP_RESPONSE_STATUS_CODE;
use telemetry::trace::spans;
use telemetry::{Tracer, log};
use tokio::time::Instant;
use tracing::Instrument;

/// The time limit of a request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// The size limit of a body, unless the operation has its own.
const MAX_BODY_BYTES: usize = 1 << 20;

/// The parts of a service that the middleware needs.
pub struct Middleware {
    /// Starts the spans of the service.
    pub tracer: Tracer,
    /// The tasks of the service.
    pub tasks: Tasks,
    /// Counts and times the requests.
    pub metrics: RequestMetrics,
    /// The access rules of the service.
    pub access: AccessTable,
    /// The routes whose bodies may exceed one megabyte, with their limits in bytes.
    pub large_bodies: &'static [(&'static str, usize)],
}

/// Applies the middleware to all routes of `router`, and answers unknown paths and methods with problems.
pub fn apply(router: Router, middleware: Arc<Middleware>) -> Router {
    router
        .method_not_allowed_fallback(|| async { problem::METHOD.detail("This path does not support this method.") })
        .fallback(|| async { problem::NOT_FOUND.detail("Not found.") })
        .route_layer(middleware::from_fn_with_state(middleware, serve))
        // The limit is enforced per route in with_full_body, where larger bodies are configured.
        .layer(DefaultBodyLimit::disable())
}

/// Returns true for a request of a monitoring probe: a read, or a call between services on behalf of a probe. Any other
/// write is counted like that of a customer, whatever its headers say.
fn is_synthetic(request: &Request, route: &str) -> bool {
    let is_allowed = matches!(*request.method(), Method::GET | Method::HEAD) || route.starts_with("/internal");
    is_allowed && request.headers().get(context::SYNTHETIC).is_some_and(|value| value == "1")
}

async fn serve(State(middleware): State<Arc<Middleware>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or_else(String::new, |path| path.as_str().to_owned());
    let method = request.method().clone();
    let is_synthetic = is_synthetic(&request, &route);
    let span = spans::server(&method, &route);
    let context = Context::of_request(&middleware.tracer, request.headers(), REQUEST_TIMEOUT, is_synthetic, span);
    let request_id = HeaderValue::from_str(context.request_id());
    // Only for the debug lines of libraries that work on other threads, such as sqlx's for SQLite.
    let debug_span = tracing::debug_span!("request", request_id = context.request_id());
    let answer = admit_and_serve(&middleware, &route, request, next).instrument(debug_span);
    let mut response = if is_synthetic {
        // Probes stay out of traces and metrics, which show customers' requests.
        context::within(context, answer).await
    } else {
        observe(&middleware.metrics, context, &method, &route, answer).await
    };
    if let Ok(request_id) = request_id {
        response.headers_mut().insert(context::REQUEST_ID, request_id);
    }
    response
}

/// Times the response, and ends the span of the request with it.
async fn observe(
    metrics: &RequestMetrics,
    context: Context,
    method: &Method,
    route: &str,
    answer: impl Future<Output = Response>,
) -> Response {
    let started = Instant::now();
    let _active = metrics.started();
    let response = context::within(context.clone(), answer).await;
    let (status, took) = (response.status(), started.elapsed());
    context.record(HTTP_RESPONSE_STATUS_CODE.of(status.as_u16()));
    if status.is_server_error() {
        context.fail(status.as_str());
    }
    context::enter(&context, || {
        metrics.finished(method, route, status, took);
        log_request(method, route, status, took);
    });
    context.end();
    response
}

fn log_request(method: &Method, route: &str, status: StatusCode, took: Duration) {
    let (status, duration_us) = (status.as_u16(), u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    if status >= 500 {
        tracing::warn!(target: log::REQUESTS, method = method.as_str(), route, status, duration_us, "request failed");
    } else {
        tracing::info!(target: log::REQUESTS, method = method.as_str(), route, status, duration_us, "request served");
    }
}

async fn admit_and_serve(middleware: &Arc<Middleware>, route: &str, mut request: Request, next: Next) -> Response {
    if let Err(refusal) = middleware.access.admit(route, &mut request).await {
        return refusal.into_response();
    }
    // A read changes nothing, so it may be dropped when its client disconnects.
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return with_timeout(AssertUnwindSafe(next.run(request)).catch_unwind().map(response_or_panic)).await;
    }
    // The body is read after admission, so that a refused caller cannot make the service buffer it.
    let limit =
        middleware.large_bodies.iter().find(|(path, _)| *path == route).map_or(MAX_BODY_BYTES, |(_, limit)| *limit);
    let request = match with_full_body(request, limit).await {
        Ok(request) => request,
        Err(problem) => return problem.into_response(),
    };
    // A write runs in its own task: it is finished even if the client disconnects or the deadline passes.
    let work = middleware.tasks.run(next.run(request));
    with_timeout(work.map(response_or_panic)).await
}

/// Reads the body to its end, so that the work no longer depends on the client.
async fn with_full_body(request: Request, limit: usize) -> Result<Request, Problem> {
    let (parts, body) = request.into_parts();
    let read = Limited::new(body, limit).collect();
    let bytes = match tokio::time::timeout(REQUEST_TIMEOUT, read).await {
        Ok(Ok(collected)) => collected.to_bytes(),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            return Err(problem::TOO_LARGE.detail(format!("The body exceeds the limit of {limit} bytes.")));
        }
        Ok(Err(_)) => return Err(problem::MALFORMED.detail("The body ended before its announced length.")),
        Err(_) => return Err(problem::DEADLINE.detail("The body was not received in time.")),
    };
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

async fn with_timeout(work: impl Future<Output = Response>) -> Response {
    let timeout = context::current().and_then(|context| context.time_left()).unwrap_or(REQUEST_TIMEOUT);
    tokio::time::timeout(timeout, work).await.unwrap_or_else(|_| {
        problem::DEADLINE
            .detail("The request timed out. It may still take effect; check its result before you repeat it.")
            .into_response()
    })
}

fn response_or_panic<E>(outcome: Result<Response, E>) -> Response {
    outcome.unwrap_or_else(|_| Problem::internal("a handler panicked; see the previous log line").into_response())
}
