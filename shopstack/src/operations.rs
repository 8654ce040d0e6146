//! Health and metrics of the services, for operators and orchestrators.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chassis::health::Health;
use chassis::metrics::Metrics;
use chassis::{Service, problem};
use std::collections::HashMap;
use std::sync::Arc;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

struct ServiceHealth {
    health: Health,
    metrics: Metrics,
}

type HealthRegistry = Arc<HashMap<&'static str, ServiceHealth>>;

/// A router with health and metrics of several services, each below its name. It is served on a listener of its own, which
/// only this machine can reach.
pub fn router(services: &[Service]) -> Router {
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
        .route("/metrics", get(move || async move { openmetrics(metrics.text()) }));
    // The path that the health checks of existing deployments of ratings use.
    if service.name == "ratings" {
        router = router.route("/_health", get(report));
    }
    router.fallback_service(service.router.clone())
}

async fn index(State(registry): State<HealthRegistry>) -> String {
    let mut names: Vec<&str> = registry.keys().copied().collect();
    names.sort_unstable();
    names.iter().map(|name| format!("/{name}/health /{name}/livez /{name}/metrics\n")).collect()
}

async fn all_metrics(State(registry): State<HealthRegistry>) -> Response {
    // Each text ends with the marker of OpenMetrics; a concatenation may contain it only once, at its end.
    let text: String = registry.values().map(|service| service.metrics.text().replace("# EOF\n", "")).collect();
    openmetrics(format!("{text}# EOF\n"))
}

async fn service_resource(
    State(registry): State<HealthRegistry>,
    Path((name, resource)): Path<(String, String)>,
) -> Response {
    match (registry.get(name.as_str()), resource.as_str()) {
        (Some(service), "health" | "_health") => service.health.report().await.into_response(),
        (Some(_), "livez") => "ok".into_response(),
        (Some(service), "metrics") => openmetrics(service.metrics.text()),
        _ => problem::NOT_FOUND.detail("Not found. See / for all paths.").into_response(),
    }
}

fn openmetrics(text: String) -> Response {
    ([("content-type", OPENMETRICS)], text).into_response()
}
