//! Health checks of a service and its dependencies.

use async_trait::async_trait;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use telemetry::Metrics;
use telemetry::metrics::Gauge;
use telemetry::schema::metrics::{DB_CLIENT_CONNECTIONS, DB_CLIENT_CONNECTIONS_MAX, DEPENDENCY_AVAILABLE};
use tokio::time::Instant;
use utoipa::ToSchema;

/// A dependency that did not pass its health check. The text is written for operators.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub struct CheckError {
    #[from]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl CheckError {
    /// Creates the error of a failed check from its cause.
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { source: source.into() }
    }
}

/// A dependency of a service whose availability can be checked.
#[async_trait]
pub trait Check: Send + Sync + 'static {
    /// Sends the cheapest request that proves the dependency can be used.
    async fn check(&self) -> Result<(), CheckError>;

    /// The connections to it, unless all callers share one.
    fn connections(&self) -> Option<Connections> {
        None
    }
}

/// The connections of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// Those that are executing statements.
    pub used: u32,
    /// Those that are open and free.
    pub idle: u32,
    /// The number that may be open at the same time.
    pub max: u32,
}

/// The health of a service or dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Everything works as it should.
    Ok,
    /// The service works, and a dependency is missing.
    Degraded,
    /// The service cannot do its work.
    Down,
}

/// The health of one dependency.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DependencyHealth {
    /// The name of the dependency.
    pub name: String,
    /// The result of the last check.
    pub status: Status,
    /// True if the service cannot work without it.
    pub critical: bool,
    /// The response time in milliseconds.
    pub latency_ms: u64,
    /// The reason, when the dependency is not healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The health of a service.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HealthReport {
    /// The name of the service.
    pub service: String,
    /// The health of the service as a whole.
    pub status: Status,
    /// The health of each dependency.
    pub dependencies: Vec<DependencyHealth>,
    /// The version of the program.
    pub version: String,
    /// The seconds since the service started.
    pub uptime_seconds: u64,
}

struct Dependency {
    name: &'static str,
    critical: bool,
    check: Arc<dyn Check>,
}

/// The registered dependencies of one service.
#[derive(Clone)]
pub struct Health {
    service: &'static str,
    started: Instant,
    dependencies: Arc<Mutex<Vec<Arc<Dependency>>>>,
    metrics: Option<DependencyMetrics>,
}

// Shorter than the five seconds for which `shopstack healthcheck` and `shopstack doctor` wait for a report.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

impl Health {
    /// Creates the health of a service without dependencies.
    pub fn new(service: &'static str) -> Self {
        Self { service, started: Instant::now(), dependencies: Arc::default(), metrics: None }
    }

    /// Records the result of each check in these metrics.
    #[must_use]
    pub fn measured(self, metrics: &Metrics) -> Self {
        Self { metrics: Some(DependencyMetrics::new(metrics)), ..self }
    }

    /// Adds a dependency. If a critical one is down, so is the service.
    pub fn depends_on(&self, name: &'static str, critical: bool, check: Arc<dyn Check>) {
        let dependency = Arc::new(Dependency { name, critical, check });
        self.dependencies.lock().unwrap_or_else(PoisonError::into_inner).push(dependency);
    }

    /// Checks all dependencies concurrently, each for at most two seconds.
    pub async fn report(&self) -> HealthReport {
        // The list is copied, because the lock must not be held while the checks are awaited.
        let asked = self.dependencies.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // Checked concurrently: a probe must not add up the timeouts of several dead dependencies.
        let dependencies = futures::future::join_all(asked.iter().map(|dependency| ask(dependency))).await;
        if let Some(metrics) = &self.metrics {
            for (dependency, health) in asked.iter().zip(&dependencies) {
                metrics.record(dependency, health.status == Status::Ok);
            }
        }
        let status = dependencies
            .iter()
            .map(|dependency| match (dependency.status, dependency.critical) {
                (Status::Down, true) => Status::Down,
                (Status::Ok, _) => Status::Ok,
                _ => Status::Degraded,
            })
            // The variants of Status are in the order of severity, so that the greatest one is the worst.
            .max()
            .unwrap_or(Status::Ok);
        HealthReport {
            service: self.service.to_owned(),
            status,
            dependencies,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_seconds: self.started.elapsed().as_secs(),
        }
    }
}

async fn ask(dependency: &Dependency) -> DependencyHealth {
    let started = Instant::now();
    let answer = tokio::time::timeout(CHECK_TIMEOUT, dependency.check.check())
        .await
        .unwrap_or_else(|_| Err(CheckError::new("no response within 2 seconds")));
    DependencyHealth {
        name: dependency.name.to_owned(),
        status: if answer.is_ok() { Status::Ok } else { Status::Down },
        critical: dependency.critical,
        latency_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        reason: answer.err().map(|error| error.to_string()),
    }
}

/// The metrics of the dependencies of one service.
#[derive(Clone)]
struct DependencyMetrics {
    available: Gauge<1>,
    connections: Gauge<2>,
    max_connections: Gauge<1>,
}

impl DependencyMetrics {
    fn new(metrics: &Metrics) -> Self {
        Self {
            available: metrics.gauge(&DEPENDENCY_AVAILABLE),
            connections: metrics.gauge(&DB_CLIENT_CONNECTIONS),
            max_connections: metrics.gauge(&DB_CLIENT_CONNECTIONS_MAX),
        }
    }

    fn record(&self, dependency: &Dependency, is_available: bool) {
        self.available.set_count(u64::from(is_available), [dependency.name]);
        if let Some(Connections { used, idle, max }) = dependency.check.connections() {
            self.connections.set_count(used.into(), [dependency.name, "used"]);
            self.connections.set_count(idle.into(), [dependency.name, "idle"]);
            self.max_connections.set_count(max.into(), [dependency.name]);
        }
    }
}

impl IntoResponse for HealthReport {
    fn into_response(self) -> Response {
        // Degraded is deliberately 200: payment accepts orders without the broker, and must not be restarted because of
        // it.
        let status = if self.status == Status::Down { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
        (status, [("cache-control", "no-store")], Json(self)).into_response()
    }
}
