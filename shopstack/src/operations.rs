//! What those who run the shop look at: health and metrics of each service.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chassis::health::Health;
use chassis::metrics::Metrics;
use chassis::{Service, problem};
use std::collections::HashMap;
use std::sync::Arc;

struct Watched {
    health: Health,
    metrics: Metrics,
}

type Everything = Arc<HashMap<&'static str, Watched>>;

/// Health and metrics of several services, each below its name, on a listener of their own.
pub fn of_all(services: &[Service]) -> Router {
    let watched = |service: &Service| {
        (service.name, Watched { health: service.health.clone(), metrics: service.metrics.clone() })
    };
    let everything: Everything = Arc::new(services.iter().map(watched).collect());
    Router::new()
        .route("/", get(index))
        .route("/livez", get(|| async { "ok" }))
        .route("/metrics", get(all_metrics))
        .route("/{service}/{what}", get(one))
        .with_state(everything)
}

/// A service that runs alone, with its health and metrics beside its own operations.
pub fn beside(service: &Service) -> Router {
    let (health, metrics) = (service.health.clone(), service.metrics.clone());
    let report = move || {
        let health = health.clone();
        async move { health.report().await }
    };
    let mut router = Router::new()
        .route("/health", get(report.clone()))
        .route("/livez", get(|| async { "ok" }))
        .route("/metrics", get(move || async move { metrics_text(metrics.text()) }));
    if service.name == "ratings" {
        router = router.route("/_health", get(report));
    }
    router.fallback_service(service.router.clone())
}

async fn index(State(everything): State<Everything>) -> String {
    let mut names: Vec<&str> = everything.keys().copied().collect();
    names.sort_unstable();
    names.iter().map(|name| format!("/{name}/health /{name}/livez /{name}/metrics\n")).collect()
}

async fn all_metrics(State(everything): State<Everything>) -> Response {
    let text: String = everything.values().map(|watched| watched.metrics.text().replace("# EOF\n", "")).collect();
    metrics_text(format!("{text}# EOF\n"))
}

async fn one(State(everything): State<Everything>, Path((service, what)): Path<(String, String)>) -> Response {
    match (everything.get(service.as_str()), what.as_str()) {
        (Some(watched), "health" | "_health") => watched.health.report().await.into_response(),
        (Some(_), "livez") => "ok".into_response(),
        (Some(watched), "metrics") => metrics_text(watched.metrics.text()),
        _ => problem::NOT_FOUND.detail("See / for what there is.").into_response(),
    }
}

fn metrics_text(text: String) -> Response {
    ([("content-type", "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
}
