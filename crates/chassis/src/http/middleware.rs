//! What stands around every handler: context, span, metrics, access, panics, detached writes.

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

/// The longest a request may take.
const LONGEST: Duration = Duration::from_secs(30);
/// Marks a request of a monitoring probe, `X-INSTANA-SYNTHETIC: 1`.
const SYNTHETIC: &str = "x-instana-synthetic";
/// The largest body, unless an operation takes more.
const LARGEST_BODY: usize = 1 << 20;

/// What the envelope needs to know of its service.
pub struct Middleware {
    /// The service's name.
    pub service: &'static str,
    /// Clock and generator.
    pub system: SystemContext,
    /// The service's tasks.
    pub tasks: Tasks,
    /// The service's metrics.
    pub metrics: Metrics,
    /// Who may do what.
    pub access: AccessTable,
    /// Routes whose bodies may be larger than a megabyte, with their limits in bytes.
    pub large_bodies: &'static [(&'static str, usize)],
}

/// Puts the envelope around all routes of `router`, and answers unknown paths and methods with problems.
pub fn apply(router: Router, middleware: Arc<Middleware>) -> Router {
    router
        .method_not_allowed_fallback(|| async { problem::METHOD.detail("This address does not take this method.") })
        .fallback(|| async { problem::NOT_FOUND.detail("There is nothing at this address.") })
        .route_layer(middleware::from_fn_with_state(middleware, serve))
        .layer(DefaultBodyLimit::disable())
}

/// Whether a monitoring probe reads something. A probe that writes is counted like everybody.
fn is_probe(request: &Request) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
        && request.headers().get(SYNTHETIC).is_some_and(|value| value == "1")
}

async fn serve(State(middleware): State<Arc<Middleware>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or_else(String::new, |path| path.as_str().to_owned());
    let context = Context::from_headers(request.headers(), &middleware.system, LONGEST);
    let request_id = HeaderValue::from_str(&context.request_id);
    let mut response = if is_probe(&request) {
        // Neither in traces nor in metrics: a probe is not business.
        context::within(context, admitted(&middleware, &route, request, next)).await
    } else {
        observed(&middleware, context, &route, request, next).await
    };
    if let Ok(request_id) = request_id {
        response.headers_mut().insert(context::REQUEST_ID, request_id);
    }
    response
}

/// Answers within a span, and counts the answer.
async fn observed(middleware: &Arc<Middleware>, context: Context, route: &str, request: Request, next: Next) -> Response {
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
    let answer = admitted(middleware, route, request, next);
    let response = context::within(context, answer).instrument(span.clone()).await;
    let (status, took) = (response.status(), started.elapsed());
    middleware.metrics.finished(method.as_str(), route, status.as_u16(), took);
    span.in_scope(|| log(status, took));
    response
}

fn log(status: StatusCode, took: Duration) {
    let (status, micros) = (status.as_u16(), u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    if status >= 500 {
        tracing::warn!(status, micros, "answered");
    } else {
        tracing::debug!(status, micros, "answered");
    }
}

async fn admitted(middleware: &Arc<Middleware>, route: &str, mut request: Request, next: Next) -> Response {
    if let Err(refusal) = middleware.access.admit(route, &mut request).await {
        return refusal.into_response();
    }
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return bounded(AssertUnwindSafe(next.run(request)).catch_unwind().map(answered_or_panicked)).await;
    }
    let limit = middleware.large_bodies.iter().find(|(path, _)| *path == route).map_or(LARGEST_BODY, |(_, limit)| *limit);
    let request = match whole(request, limit).await {
        Ok(request) => request,
        Err(problem) => return problem.into_response(),
    };
    // The work goes on when the client hangs up or the deadline passes: nothing is left half-way.
    let work = middleware.tasks.run(next.run(request));
    bounded(work.map(answered_or_panicked)).await
}

/// The request with its body read to the end, so that what follows depends on the client no more.
async fn whole(request: Request, limit: usize) -> Result<Request, Problem> {
    let (parts, body) = request.into_parts();
    let read = Limited::new(body, limit).collect();
    let bytes = match tokio::time::timeout(LONGEST, read).await {
        Ok(Ok(collected)) => collected.to_bytes(),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            return Err(problem::TOO_LARGE.detail(format!("The body is larger than the {limit} bytes allowed here.")));
        }
        Ok(Err(_)) => return Err(problem::MALFORMED.detail("The body ended before its announced length.")),
        Err(_) => return Err(problem::DEADLINE.detail("The body did not arrive in time.")),
    };
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

async fn bounded(work: impl Future<Output = Response>) -> Response {
    let patience = context::current().and_then(|context| context.time_left()).unwrap_or(LONGEST);
    tokio::time::timeout(patience, work).await.unwrap_or_else(|_| {
        problem::DEADLINE
            .detail("Not done in the time allowed. It may still take effect; look before you repeat it.")
            .into_response()
    })
}

fn answered_or_panicked<E>(outcome: Result<Response, E>) -> Response {
    outcome
        .unwrap_or_else(|_| Problem::internal("a handler panicked; see the log line before this one").into_response())
}
