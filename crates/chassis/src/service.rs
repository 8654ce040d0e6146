//! A service as the composition sees it, and the foundation each one is built on.

use crate::auth::{AccessTable, Rule, ServiceIdentity, ServiceKeys, Verifier};
use crate::client::ServiceClient;
use crate::health::Health;
use crate::http::{Middleware, apply};
use crate::metrics::Metrics;
use crate::system::SystemContext;
use crate::tasks::Tasks;
use crate::transport::Transport;
use axum::Router;
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

/// What every service is given.
#[derive(Clone)]
pub struct ServiceContext {
    /// The service's name.
    pub name: &'static str,
    /// Clock and generator.
    pub system: SystemContext,
    /// Its tasks.
    pub tasks: Tasks,
    /// Its metrics.
    pub metrics: Metrics,
    /// Its health.
    pub health: Health,
    identity: ServiceIdentity,
    verifier: Verifier,
    callers: ServiceKeys,
}

impl ServiceContext {
    /// The foundation of the service `name`.
    pub fn new(
        system: SystemContext,
        name: &'static str,
        identity: ServiceIdentity,
        verifier: Verifier,
        callers: ServiceKeys,
    ) -> Self {
        Self {
            name,
            system,
            tasks: Tasks::new(),
            metrics: Metrics::new(name),
            health: Health::new(name),
            identity,
            verifier,
            callers,
        }
    }

    /// A client of `callee` that speaks for this service.
    pub fn client(&self, callee: &'static str, transport: Transport) -> ServiceClient {
        ServiceClient::new(callee, transport, self.identity.clone())
    }

    /// The finished service: its routes behind the envelope and the access table.
    ///
    /// # Errors
    /// When an operation is missing from the access table.
    pub fn finish(
        self,
        routes: OpenApiRouter,
        rules: &[Rule],
        large_bodies: &'static [(&'static str, usize)],
    ) -> Result<Service, String> {
        let access = AccessTable::new(self.name, rules, self.verifier, self.callers);
        let (router, mut openapi) = routes.split_for_parts();
        let missing = access.describe(&mut openapi);
        if !missing.is_empty() {
            return Err(format!("{} lacks rules for {} in its access table", self.name, missing.join(", ")));
        }
        let middleware = Middleware {
            service: self.name,
            system: self.system,
            tasks: self.tasks.clone(),
            metrics: self.metrics.clone(),
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

/// A running service.
pub struct Service {
    /// Its name.
    pub name: &'static str,
    /// All its operations, public and internal.
    pub router: Router,
    /// Their description.
    pub openapi: OpenApi,
    /// Its health.
    pub health: Health,
    /// Its metrics.
    pub metrics: Metrics,
    /// Its tasks, to be shut down.
    pub tasks: Tasks,
}
