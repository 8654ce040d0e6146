//! A service as the composition sees it, and the foundation each one is built on.

use crate::auth::{AccessTable, Rule, ServiceIdentity, ServiceKeys, Verifier};
use crate::client::ServiceClient;
use crate::health::Health;
use crate::http::{Envelope, wrap};
use crate::metrics::Metrics;
use crate::sources::Sources;
use crate::tasks::Tasks;
use crate::transport::Transport;
use axum::Router;
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

/// What every service is given.
#[derive(Clone)]
pub struct Foundation {
    /// The service's name.
    pub name: &'static str,
    /// Clock and generator.
    pub sources: Sources,
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

impl Foundation {
    /// The foundation of the service `name`.
    pub fn new(
        sources: Sources,
        name: &'static str,
        identity: ServiceIdentity,
        verifier: Verifier,
        callers: ServiceKeys,
    ) -> Self {
        Self {
            name,
            sources,
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
        let envelope = Envelope {
            service: self.name,
            sources: self.sources,
            tasks: self.tasks.clone(),
            metrics: self.metrics.clone(),
            access,
            large_bodies,
        };
        Ok(Service {
            name: self.name,
            router: wrap(router, Arc::new(envelope)),
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
