//! The services that run in this process, their keys, and the connections by which they call each other.

use super::ComposeError;
use crate::service_names::{PROGRAM, SERVICES};
use chassis::auth::{JwkSet, KeySet, ServiceIdentity, ServiceKeys, SigningKey, Verifier};
use chassis::client::ServiceClient;
use chassis::telemetry::{Metrics, Tracing};
use chassis::transport::{Transport, in_process, remote};
use chassis::{Service, ServiceContext, SystemContext};
use std::collections::HashMap;

/// The running services of a process, and how to call the others.
pub struct ServiceRegistry {
    system: SystemContext,
    tracing: Tracing,
    /// Those of the process and of the edge, which belong to no service.
    metrics: Metrics,
    keys: HashMap<&'static str, SigningKey>,
    callers: ServiceKeys,
    session_keys: KeySet,
    remote_services: HashMap<&'static str, String>,
    running: Vec<Service>,
}

impl ServiceRegistry {
    /// A registry in which all services run, with service keys that are generated for this run.
    ///
    /// # Errors
    /// [`ComposeError::Key`] if a key cannot be generated.
    pub fn single_process(
        system: &SystemContext,
        tracing: &Tracing,
        session_key: &SigningKey,
    ) -> Result<Self, ComposeError> {
        let mut keys = HashMap::new();
        for name in SERVICES.iter().chain(&[PROGRAM]) {
            // Generated for each run: no other process has to know them.
            keys.insert(*name, SigningKey::generate(system)?);
        }
        let callers = ServiceKeys::new(keys.iter().map(|(name, key)| ((*name).to_owned(), key.jwk())), system.clone());
        let session_keys = KeySet::fixed(&JwkSet { keys: vec![session_key.jwk()] });
        let (system, tracing, remote_services) = (system.clone(), tracing.clone(), HashMap::new());
        let metrics = Metrics::new(PROGRAM);
        Ok(Self { system, tracing, metrics, keys, callers, session_keys, remote_services, running: vec![] })
    }

    /// A registry in which some services run, each with its own key; `remote_services` has the addresses of the others.
    /// Without `session_key` the public keys of sessions are fetched from the user service.
    ///
    /// # Errors
    /// [`ComposeError`] if no service is named, or the address of user cannot be used.
    pub fn with_remote_services(
        system: &SystemContext,
        tracing: &Tracing,
        keys: HashMap<&'static str, SigningKey>,
        callers: ServiceKeys,
        remote_services: HashMap<&'static str, String>,
        session_key: Option<&SigningKey>,
    ) -> Result<Self, ComposeError> {
        let session_keys = match (session_key, keys.iter().next()) {
            (Some(key), _) => KeySet::fixed(&JwkSet { keys: vec![key.jwk()] }),
            // The set is public, so it does not matter as which of its services the process asks for it.
            (None, Some((name, key))) => {
                let url = remote_services.get("user").ok_or(ComposeError::UnknownService("user"))?;
                let identity = ServiceIdentity::new(name, key.clone(), system.clone());
                KeySet::remote(ServiceClient::new("user", remote(url, system.clone())?, identity))
            }
            (None, None) => return Err(ComposeError::NoService),
        };
        let (system, tracing) = (system.clone(), tracing.clone());
        let metrics = Metrics::new(PROGRAM);
        Ok(Self { system, tracing, metrics, keys, callers, session_keys, remote_services, running: vec![] })
    }

    /// The context of a service that runs in this process.
    ///
    /// # Errors
    /// [`ComposeError::MissingKey`] if it has no key.
    pub fn service_context(&self, name: &'static str) -> Result<ServiceContext, ComposeError> {
        let identity = self.identity(name)?;
        let verifier = Verifier::new(self.session_keys.clone(), self.system.clone());
        Ok(ServiceContext::new(self.system.clone(), &self.tracing, name, identity, verifier, self.callers.clone()))
    }

    /// The metrics of the process and of the edge.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The identity with which `name` calls the others.
    ///
    /// # Errors
    /// [`ComposeError::MissingKey`] if it has no key.
    pub fn identity(&self, name: &'static str) -> Result<ServiceIdentity, ComposeError> {
        let key = self.keys.get(name).ok_or(ComposeError::MissingKey(name))?;
        Ok(ServiceIdentity::new(name, key.clone(), self.system.clone()))
    }

    /// A connection to a service: without a socket if it runs in this process.
    ///
    /// # Errors
    /// [`ComposeError`] if it does not run here and its address is missing or cannot be used.
    pub fn transport(&self, callee: &'static str) -> Result<Transport, ComposeError> {
        if let Some(service) = self.running.iter().find(|service| service.name == callee) {
            // Services started later are not found here, so the order of starting follows the calls.
            return Ok(in_process(service.router.clone(), service.tasks.clone()));
        }
        let url = self.remote_services.get(callee).ok_or(ComposeError::UnknownService(callee))?;
        Ok(remote(url, self.system.clone())?)
    }

    /// A client with which the service of `caller` calls `callee`.
    ///
    /// # Errors
    /// [`ComposeError`] if there is no connection to it.
    pub fn client(&self, caller: &ServiceContext, callee: &'static str) -> Result<ServiceClient, ComposeError> {
        Ok(caller.client(callee, self.transport(callee)?))
    }

    /// Adds a service that was started.
    pub(super) fn add(&mut self, service: Service) {
        self.running.push(service);
    }

    pub(super) const fn system(&self) -> &SystemContext {
        &self.system
    }

    /// The services that run in this process, in the order in which they were started.
    pub fn services(&self) -> &[Service] {
        &self.running
    }

    pub(super) fn into_services(self) -> Vec<Service> {
        self.running
    }
}
