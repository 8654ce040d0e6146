//! The gateway of a shop in one process: the same table of routes that nginx serves in front of eight.

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use chassis::auth::SERVICE_TOKEN;
use chassis::health::{Health, Status};
use chassis::transport::Transport;
use chassis::{ProblemKind, problem};
use contracts::routes::service_for;
use serde_json::json;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tower::Service;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::csrf::CsrfLayer;

/// The request comes from another site's page.
const CROSS_SITE: ProblemKind =
    ProblemKind::new(StatusCode::FORBIDDEN, "cross-site-request", "Request from another site");

const POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What may come from outside and must not be believed: only the gateway itself says these.
const NOT_FROM_OUTSIDE: &[&str] =
    &[SERVICE_TOKEN, "x-real-ip", "x-forwarded-for", "x-forwarded-proto", "forwarded", "x-deadline-ms"];

/// Where everything is.
#[derive(Clone)]
pub struct Houses {
    /// The ways to the services, by name; `web` answers what no route names.
    pub services: HashMap<&'static str, Transport>,
    /// The health of each service.
    pub health: Vec<(&'static str, Health)>,
}

/// The gateway.
pub fn gateway(houses: Houses) -> Router {
    let houses = Arc::new(houses);
    let compressed = DefaultPredicate::new().and(SizeAbove::new(1024));
    Router::new()
        .fallback(move |request: Request| forward(Arc::clone(&houses), request))
        .layer(middleware::from_fn(guard))
        .layer(CsrfLayer::new().with_rejection_response(|_| {
            CROSS_SITE.detail("Changes are only taken from this shop's own pages.").into_response()
        }))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(compressed))
}

async fn forward(houses: Arc<Houses>, mut request: Request) -> Response {
    let path = request.uri().path();
    if path == "/health" {
        return health(&houses).await;
    }
    let unknown = path.starts_with("/internal") || (path.starts_with("/api/v1") && service_for(path).is_none());
    if unknown {
        return problem::NOT_FOUND.detail("There is nothing at this address.").into_response();
    }
    let service = service_for(path).unwrap_or("web");
    let Some(transport) = houses.services.get(service) else {
        return problem::UNAVAILABLE.detail(format!("The service {service} is not running.")).into_response();
    };
    for name in NOT_FROM_OUTSIDE {
        request.headers_mut().remove(*name);
    }
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>()
        && let Ok(address) = HeaderValue::from_str(&peer.ip().to_string())
    {
        request.headers_mut().insert("x-real-ip", address);
    }
    match transport.clone().call(request).await {
        Ok(response) => response,
        Err(error) => {
            tracing::warn!(service, %error, "no answer");
            problem::UNAVAILABLE.detail("A part of the shop is away for the moment. Try again shortly.").into_response()
        }
    }
}

async fn health(houses: &Houses) -> Response {
    let reports = futures::future::join_all(houses.health.iter().map(|(_, health)| health.report())).await;
    // The shop as a whole is degraded while any part of it is not well, and down when none can work.
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

/// Headers that keep browsers from doing what a shop never asks them to.
async fn guard(request: Request<Body>, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "strict-origin-when-cross-origin");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=()");
    response
}
