//! The edge of a shop in one process: the API gateway with the same routes, headers, limits and errors as nginx in front of
//! separate services (`deploy/nginx`). `shopstack/tests/it/parity` compares the two.

mod client;
mod compression;
mod rate_limit;
mod request;
mod response;

pub use client::TrustedProxy;
pub use rate_limit::Rate;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use chassis::health::{Health, Status};
use chassis::telemetry::Metrics;
use chassis::telemetry::metrics::Counter;
use chassis::telemetry::schema::metrics::EDGE_REJECTED_REQUESTS;
use chassis::transport::Transport;
use chassis::{Problem, ProblemKind, problem};
use client::ClientAddress;
use contracts::routes::service_for;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use rate_limit::RateLimit;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tower::Service;
use tower_http::csrf::CsrfLayer;

/// The limits of the edge, and the proxy in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EdgeSettings {
    /// The sustained request rate of a client address.
    pub rate: Rate,
    /// The number of requests that a client address may make at once beyond the rate.
    pub burst: u32,
    /// The proxy whose `X-Forwarded-For` is trusted.
    pub trusted_proxy: Option<TrustedProxy>,
}

const CROSS_SITE: ProblemKind = ProblemKind::new(StatusCode::FORBIDDEN, "cross-site-request", "Cross-site request");

/// The service that answers every path without a route of its own.
const WEB: &str = "web";

/// The services behind the edge.
#[derive(Clone)]
pub struct Upstreams {
    /// The transport to each service, by name. `web` answers the paths that no route names.
    pub services: HashMap<&'static str, Transport>,
    /// The health of each service.
    pub health: Vec<(&'static str, Health)>,
}

struct Edge {
    rejected: Counter<1>,
    upstreams: Upstreams,
    rate_limit: RateLimit,
    trusted_proxy: Option<TrustedProxy>,
}

/// The name of the service that a request is forwarded to.
#[derive(Clone, Copy)]
struct Upstream(&'static str);

/// Builds the router of the edge, which counts the requests that it refuses in `metrics`.
pub fn edge(upstreams: Upstreams, settings: EdgeSettings, metrics: &Metrics) -> Router {
    let EdgeSettings { rate, burst, trusted_proxy } = settings;
    let rejected =
        metrics.counter(&EDGE_REJECTED_REQUESTS).starting_with([["rate_limit"], ["cross_site"], ["unavailable"]]);
    let cross_site = rejected.clone();
    let edge = Arc::new(Edge { rejected, upstreams, rate_limit: RateLimit::new(rate, burst), trusted_proxy });
    let inner = Router::new()
        .fallback(forward)
        .with_state(Arc::clone(&edge))
        .layer(
            CsrfLayer::new()
                .with_insecure_bypass(|method, uri| is_payment_return(method, uri.path()))
                .with_rejection_response(move |_| {
                    cross_site.add_one(["cross_site"]);
                    CROSS_SITE.detail("Changes are only accepted from this shop's own pages.").into_response()
                }),
        )
        // Runs before the CSRF check, as in nginx: an unknown path is a 404 whatever site it comes from.
        .layer(from_fn_with_state(edge, route));
    compression::layered(inner).layer(from_fn(response::finish))
}

/// Returns true for the form that a bank's page posts when it sends a customer back. The request comes from another site,
/// which is safe: it changes nothing, and its content is not trusted.
fn is_payment_return(method: &Method, path: &str) -> bool {
    let payment = path.strip_prefix("/api/v1/payments/").and_then(|rest| rest.strip_suffix("/return"));
    *method == Method::POST && payment.is_some_and(|payment| !payment.is_empty() && !payment.contains('/'))
}

/// Checks the request, answers health checks, and chooses the upstream.
async fn route(State(edge): State<Arc<Edge>>, mut request: Request, next: Next) -> Response {
    let (is_health, is_internal) = match request::check(&request) {
        Ok(path) => (*path == *b"/health", is_internal(&path)),
        Err(problem) => return problem.into_response(),
    };
    client::identify(&mut request, edge.trusted_proxy);
    if is_health {
        return match *request.method() {
            Method::GET | Method::HEAD => health(&edge.upstreams).await,
            _ => request::method_not_allowed().into_response(),
        };
    }
    let path = request.uri().path();
    let is_api = path == "/api/v1" || path.starts_with("/api/v1/");
    let upstream = match service_for(path) {
        // Both spellings are checked: the decoded path, and the one that the upstream is going to see.
        _ if is_internal || path.starts_with("/internal") => None,
        None if !is_api => Some(WEB),
        found => found,
    };
    let Some(upstream) = upstream else {
        return problem::NOT_FOUND.detail("Not found.").into_response();
    };
    request.extensions_mut().insert(Upstream(upstream));
    next.run(request).await
}

/// Returns true for the paths of calls between services, in any spelling that a service may accept.
fn is_internal(path: &[u8]) -> bool {
    let rest = path.iter().position(|byte| *byte != b'/').map_or(path, |start| &path[start..]);
    rest.get(..b"internal".len()).is_some_and(|start| start.eq_ignore_ascii_case(b"internal"))
}

async fn forward(State(edge): State<Arc<Edge>>, mut request: Request) -> Response {
    let client = request.extensions_mut().remove().and_then(|ClientAddress(address)| address);
    if client.is_some_and(|client| !edge.rate_limit.admits(client)) {
        edge.rejected.add_one(["rate_limit"]);
        return problem::TOO_MANY.detail("Too many requests from this address. Try again in a second.").into_response();
    }
    let service = request.extensions_mut().remove().map_or(WEB, |Upstream(service)| service);
    let Some(transport) = edge.upstreams.services.get(service) else {
        tracing::warn!(callee = service, "the upstream is not configured");
        edge.rejected.add_one(["unavailable"]);
        return unavailable().into_response();
    };
    let (request, exceeded) = limited(request);
    let response = transport.clone().call(request).await;
    // The upstream only sees a broken body, and its response would not name the reason.
    if exceeded.load(Ordering::Relaxed) {
        return request::too_large().into_response();
    }
    response.unwrap_or_else(|error| {
        tracing::warn!(callee = service, %error, "the upstream did not respond");
        edge.rejected.add_one(["unavailable"]);
        unavailable().into_response()
    })
}

fn unavailable() -> Problem {
    problem::UNAVAILABLE.detail("The service is temporarily unavailable. Try again shortly.")
}

/// Limits the size of a body without `Content-Length`, which is read as it arrives. Returns the request and a flag that is
/// set once the limit is exceeded. An announced length has been checked before.
fn limited(request: Request) -> (Request, Arc<AtomicBool>) {
    let exceeded = Arc::new(AtomicBool::new(false));
    if request.body().size_hint().exact().is_some() {
        return (request, exceeded);
    }
    let flag = Arc::clone(&exceeded);
    let request = request.map(|body| {
        Body::new(Limited::new(body, request::MAX_BODY).map_err(move |error| {
            flag.store(error.is::<LengthLimitError>(), Ordering::Relaxed);
            error
        }))
    });
    (request, exceeded)
}

async fn health(upstreams: &Upstreams) -> Response {
    let reports = futures::future::join_all(upstreams.health.iter().map(|(_, health)| health.report())).await;
    // One failing service degrades the shop. It is down only when all of them are, or a load balancer would take the
    // whole shop out of service for the sake of a part.
    let down = reports.iter().all(|report| report.status == Status::Down);
    let worst = reports.iter().map(|report| report.status).max().unwrap_or(Status::Ok);
    let status = match worst {
        Status::Down if !down => Status::Degraded,
        other => other,
    };
    let services: HashMap<&str, &Status> =
        reports.iter().map(|report| (report.service.as_str(), &report.status)).collect();
    let code = if down && !reports.is_empty() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let body = json!({ "status": status, "version": env!("CARGO_PKG_VERSION"), "services": services });
    (code, [(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
}
