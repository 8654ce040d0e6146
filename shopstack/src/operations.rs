//! Health, metrics and recent traces of the services, for operators and orchestrators.

mod overview;
mod traces;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chassis::health::Health;
use chassis::telemetry::log::RecentLogs;
use chassis::telemetry::metrics::{Exposition, Format};
use chassis::telemetry::process::ProcessMetrics;
use chassis::telemetry::{Metrics, Tracing};
use chassis::{Service, problem};
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Clone)]
struct ServiceHealth {
    health: Health,
    metrics: Metrics,
}

impl ServiceHealth {
    fn of(service: &Service) -> Self {
        Self { health: service.health.clone(), metrics: service.metrics.clone() }
    }

    /// The metrics of the service. Its dependencies are checked for each scrape, and not in the background.
    async fn exposition(&self) -> Exposition {
        self.health.report().await;
        self.metrics.exposition()
    }
}

/// The metrics of the process and of the edge.
struct Program {
    metrics: Metrics,
    process: ProcessMetrics,
}

impl Program {
    fn new(metrics: &Metrics) -> Self {
        Self { metrics: metrics.clone(), process: ProcessMetrics::new(metrics) }
    }

    fn exposition(&self) -> Exposition {
        self.process.sample();
        self.metrics.exposition()
    }
}

struct Operations {
    services: HashMap<&'static str, ServiceHealth>,
    program: Program,
}

/// A router with health and metrics of several services, each below its name, and with the recent traces of this process.
/// `metrics` are those of the process and of the edge. The router is served on a listener that only this machine can reach.
pub fn router(services: &[Service], metrics: &Metrics, tracing: &Tracing, logs: RecentLogs) -> Router {
    let services = services.iter().map(|service| (service.name, ServiceHealth::of(service))).collect();
    let operations = Arc::new(Operations { services, program: Program::new(metrics) });
    Router::new()
        .route("/", get(index))
        // Independent of all backends: an orchestrator restarts a process that fails it, which would not bring a backend back.
        .route("/livez", get(|| async { "ok" }))
        .route("/metrics", get(all_metrics))
        .route("/{service}/{resource}", get(service_resource))
        .with_state(operations)
        .merge(traces::router(tracing.recent().clone()))
        .merge(overview::router(logs))
}

/// The router of a service that runs alone, with its health and metrics beside its own operations.
pub fn with_operations(service: &Service) -> Router {
    let health = service.health.clone();
    // The process has one service, so its metrics belong to that.
    let (measured, process) = (ServiceHealth::of(service), ProcessMetrics::new(&service.metrics));
    let metrics = async move |headers: HeaderMap| {
        process.sample();
        render(&measured.exposition().await, &headers)
    };
    let report = move || {
        let health = health.clone();
        async move { health.report().await }
    };
    let mut router = Router::new()
        .route("/health", get(report.clone()))
        .route("/livez", get(|| async { "ok" }))
        .route("/metrics", get(metrics));
    // The path that the health checks of existing deployments of ratings use.
    if service.name == "ratings" {
        router = router.route("/_health", get(report));
    }
    router.fallback_service(service.router.clone())
}

/// The router of a process whose only purpose besides its metrics is a background worker.
pub fn metrics_router(metrics: &Metrics) -> Router {
    let program = Arc::new(Program::new(metrics));
    Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/metrics", get(move |headers: HeaderMap| async move { render(&program.exposition(), &headers) }))
}

async fn index(State(operations): State<Arc<Operations>>, headers: HeaderMap) -> Response {
    if let Some(page) = overview::page(&headers) {
        return page;
    }
    let mut names: Vec<&str> = operations.services.keys().copied().collect();
    names.sort_unstable();
    let services = names.iter().map(|name| format!("/{name}/health /{name}/livez /{name}/metrics\n"));
    let paths = ["/metrics\n", "/traces\n", "/logs\n"].map(str::to_owned);
    paths.into_iter().chain(services).collect::<String>().into_response()
}

async fn all_metrics(State(operations): State<Arc<Operations>>, headers: HeaderMap) -> Response {
    let mut all = operations.program.exposition();
    // Concurrently, so that the time limits of several dead dependencies do not add up.
    let services = operations.services.values().map(ServiceHealth::exposition);
    for exposition in futures::future::join_all(services).await {
        all.merge(exposition);
    }
    render(&all, &headers)
}

async fn service_resource(
    State(operations): State<Arc<Operations>>,
    Path((name, resource)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    match (operations.services.get(name.as_str()), resource.as_str()) {
        (Some(service), "health" | "_health") => service.health.report().await.into_response(),
        (Some(_), "livez") => "ok".into_response(),
        (Some(service), "metrics") => render(&service.exposition().await, &headers),
        _ => problem::NOT_FOUND.detail("Not found. See / for all paths.").into_response(),
    }
}

/// Renders metrics in the format that the scraper accepts.
fn render(metrics: &Exposition, headers: &HeaderMap) -> Response {
    let format = Format::accepted(headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()));
    ([(header::CONTENT_TYPE, format.media_type())], metrics.render(format)).into_response()
}
