//! The middleware around every handler: context, span, metrics, access, panics, detached writes.

use crate::auth::AccessTable;
use crate::context::{self, Context};
use crate::metrics::Metrics;
use crate::problem::{self, Problem};
use crate::system::SystemContext;
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
use tokio::time::Instant;
use tracing::Instrument;

/// The time limit of a request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// The header of a monitoring probe: `X-INSTANA-SYNTHETIC: 1`.
const SYNTHETIC: &str = "x-instana-synthetic";
/// The size limit of a body, unless the operation has its own.
const MAX_BODY_BYTES: usize = 1 << 20;

/// The parts of a service that the middleware needs.
pub struct Middleware {
    /// The name of the service.
    pub service: &'static str,
    /// The clock and random source.
    pub system: SystemContext,
    /// The tasks of the service.
    pub tasks: Tasks,
    /// The metrics of the service.
    pub metrics: Metrics,
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

/// Returns true for a read by a monitoring probe. A probe that writes is counted like any client.
fn is_probe(request: &Request) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
        && request.headers().get(SYNTHETIC).is_some_and(|value| value == "1")
}

async fn serve(State(middleware): State<Arc<Middleware>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or_else(String::new, |path| path.as_str().to_owned());
    let context = Context::from_headers(request.headers(), &middleware.system, REQUEST_TIMEOUT);
    let request_id = HeaderValue::from_str(&context.request_id);
    let mut response = if is_probe(&request) {
        // Probes stay out of traces and metrics, which show customers' requests.
        context::within(context, admit_and_serve(&middleware, &route, request, next)).await
    } else {
        serve_observed(&middleware, context, &route, request, next).await
    };
    if let Ok(request_id) = request_id {
        response.headers_mut().insert(context::REQUEST_ID, request_id);
    }
    response
}

/// Serves the request within a span and counts the response.
async fn serve_observed(
    middleware: &Arc<Middleware>,
    context: Context,
    route: &str,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let _in_flight = middleware.metrics.started();
    let method = request.method().clone();
    let span = tracing::info_span!(
        "request",
        service = middleware.service,
        method = %method,
        route,
        request_id = context.request_id,
        trace_id = format_args!("{:032x}", context.trace_id),
    );
    let answer = admit_and_serve(middleware, route, request, next);
    let response = context::within(context, answer).instrument(span.clone()).await;
    let (status, took) = (response.status(), started.elapsed());
    middleware.metrics.finished(method.as_str(), route, status.as_u16(), took);
    span.in_scope(|| log(status, took));
    response
}

fn log(status: StatusCode, took: Duration) {
    let (status, micros) = (status.as_u16(), u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    if status >= 500 {
        tracing::warn!(status, micros, "request finished");
    } else {
        tracing::debug!(status, micros, "request finished");
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
