//! Health, metrics and recent traces of the services, for operators and orchestrators.

mod traces;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chassis::health::Health;
use chassis::telemetry::metrics::{Exposition, Format};
use chassis::telemetry::{Metrics, Tracing};
use chassis::{Service, problem};
use std::collections::HashMap;
use std::sync::Arc;

struct ServiceHealth {
    health: Health,
    metrics: Metrics,
}

type HealthRegistry = Arc<HashMap<&'static str, ServiceHealth>>;

/// A router with health and metrics of several services, each below its name, and with the recent traces of this process.
/// It is served on a listener of its own, which only this machine can reach.
pub fn router(services: &[Service], tracing: &Tracing) -> Router {
    let entry = |service: &Service| {
        (service.name, ServiceHealth { health: service.health.clone(), metrics: service.metrics.clone() })
    };
    let registry: HealthRegistry = Arc::new(services.iter().map(entry).collect());
    Router::new()
        .route("/", get(index))
        // Independent of all backends: an orchestrator restarts a process that fails it, which would not bring a backend back.
        .route("/livez", get(|| async { "ok" }))
        .route("/metrics", get(all_metrics))
        .route("/{service}/{resource}", get(service_resource))
        .with_state(registry)
        .merge(traces::router(tracing.recent().clone()))
}

/// The router of a service that runs alone, with its health and metrics beside its own operations.
pub fn with_operations(service: &Service) -> Router {
    let (health, metrics) = (service.health.clone(), service.metrics.clone());
    let report = move || {
        let health = health.clone();
        async move { health.report().await }
    };
    let mut router = Router::new()
        .route("/health", get(report.clone()))
        .route("/livez", get(|| async { "ok" }))
        .route("/metrics", get(move |headers: HeaderMap| async move { render(&metrics.exposition(), &headers) }));
    // The path that the health checks of existing deployments of ratings use.
    if service.name == "ratings" {
        router = router.route("/_health", get(report));
    }
    router.fallback_service(service.router.clone())
}

async fn index(State(registry): State<HealthRegistry>) -> String {
    let mut names: Vec<&str> = registry.keys().copied().collect();
    names.sort_unstable();
    let services = names.iter().map(|name| format!("/{name}/health /{name}/livez /{name}/metrics\n"));
    ["/metrics\n".to_owned(), "/traces\n".to_owned()].into_iter().chain(services).collect()
}

async fn all_metrics(State(registry): State<HealthRegistry>, headers: HeaderMap) -> Response {
    let mut all = Exposition::default();
    for service in registry.values() {
        all.merge(service.metrics.exposition());
    }
    render(&all, &headers)
}

async fn service_resource(
    State(registry): State<HealthRegistry>,
    Path((name, resource)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    match (registry.get(name.as_str()), resource.as_str()) {
        (Some(service), "health" | "_health") => service.health.report().await.into_response(),
        (Some(_), "livez") => "ok".into_response(),
        (Some(service), "metrics") => render(&service.metrics.exposition(), &headers),
        _ => problem::NOT_FOUND.detail("Not found. See / for all paths.").into_response(),
    }
}

/// Renders metrics in the format that the scraper accepts.
fn render(metrics: &Exposition, headers: &HeaderMap) -> Response {
    let format = Format::accepted(headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()));
    ([(header::CONTENT_TYPE, format.media_type())], metrics.render(format)).into_response()
}
