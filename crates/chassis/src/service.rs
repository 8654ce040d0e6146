//! A service as the composition sees it, and the context that each one is built with.

use crate::auth::{AccessTable, Rule, ServiceIdentity, ServiceKeys, Verifier};
use crate::client::{CallMetrics, ServiceClient};
use crate::config::ConfigError;
use crate::health::Health;
use crate::http::{Middleware, RequestMetrics, apply};
use crate::store::StoreError;
use crate::system::SystemContext;
use crate::tasks::Tasks;
use crate::transport::Transport;
use axum::Router;
use std::sync::Arc;
use telemetry::{Metrics, Tracer, Tracing};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

/// The dependencies that every service receives.
#[derive(Clone)]
pub struct ServiceContext {
    /// The name of the service.
    pub name: &'static str,
    /// The clock and random source.
    pub system: SystemContext,
    /// The tasks of the service.
    pub tasks: Tasks,
    /// The metrics of the service.
    pub metrics: Metrics,
    /// Starts the spans of the service.
    pub tracer: Tracer,
    /// The health of the service.
    pub health: Health,
    calls: CallMetrics,
    identity: ServiceIdentity,
    verifier: Verifier,
    callers: ServiceKeys,
}

impl ServiceContext {
    /// Creates the context of the service `name`.
    pub fn new(
        system: SystemContext,
        tracing: &Tracing,
        name: &'static str,
        identity: ServiceIdentity,
        verifier: Verifier,
        callers: ServiceKeys,
    ) -> Self {
        let metrics = Metrics::new(name);
        Self {
            name,
            system,
            tasks: Tasks::of_service(name),
            calls: CallMetrics::new(&metrics),
            tracer: tracing.tracer(name, &metrics),
            verifier: verifier.measured(&metrics),
            metrics: metrics.clone(),
            health: Health::new(name).measured(&metrics),
            identity,
            callers,
        }
    }

    /// Creates a client of `callee` that authenticates as this service.
    pub fn client(&self, callee: &'static str, transport: Transport) -> ServiceClient {
        ServiceClient::new(callee, transport, self.identity.clone()).measured(self.calls.of(callee))
    }

    /// Builds the service: its routes behind the middleware and the access table.
    ///
    /// # Errors
    /// [`StartError::MissingAccessRules`] when an operation is missing from the access table.
    pub fn finish(
        self,
        routes: OpenApiRouter,
        rules: &[Rule],
        large_bodies: &'static [(&'static str, usize)],
    ) -> Result<Service, StartError> {
        let access = AccessTable::new(self.name, rules, self.verifier, self.callers);
        let (router, mut openapi) = routes.split_for_parts();
        let missing = access.describe(&mut openapi);
        // Refused at start, so that a forgotten rule is found by any test and never denies customers in production.
        if !missing.is_empty() {
            return Err(StartError::MissingAccessRules { service: self.name, operations: missing.join(", ") });
        }
        let middleware = Middleware {
            tracer: self.tracer,
            tasks: self.tasks.clone(),
            metrics: RequestMetrics::new(&self.metrics),
            access,
            large_bodies,
        };
        Ok(Service {
            name: self.name,
            router: apply(router, Arc::new(middleware)),
            openapi,
            health: self.health,
            metrics: self.metrics,
            tasks: self.tasks,
        })
    }
}

/// A service that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The access table has no rule for some operations: they would answer nobody.
    #[error("the access table of {service} has no rule for {operations}")]
    MissingAccessRules {
        /// The name of the service.
        service: &'static str,
        /// Method and path of each operation, separated by commas.
        operations: String,
    },
    /// The service's settings cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The service's store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something else that the service needs at its start failed.
    #[error("cannot {action}: {source}")]
    Failed {
        /// The action that failed, as an infinitive: `open the search index`.
        action: &'static str,
        /// The error that caused the failure.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StartError {
    /// A failure of `action`, an infinitive such as `open the search index`.
    pub fn failed(action: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed { action, source: source.into() }
    }
}

/// A service whose routes and workers are ready.
pub struct Service {
    /// The name of the service.
    pub name: &'static str,
    /// All operations, public and internal.
    pub router: Router,
    /// The OpenAPI description of the operations.
    pub openapi: OpenApi,
    /// The health of the service.
    pub health: Health,
    /// The metrics of the service.
    pub metrics: Metrics,
    /// The tasks, which are to be shut down at the end.
    pub tasks: Tasks,
}
