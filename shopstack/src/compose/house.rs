//! Who each service is, and how it finds the others: in this process or elsewhere.

use chassis::auth::{JwkSet, KeySet, ServiceIdentity, ServiceKeys, SigningKey, Verifier};
use chassis::client::ServiceClient;
use chassis::transport::{Transport, in_process, remote};
use chassis::{ServiceContext, Service, SystemContext};
use std::collections::HashMap;

/// All services, and whoever else calls them.
pub const SERVICES: &[&str] = &["user", "catalogue", "cart", "payment", "shipping", "ratings", "dispatch", "web"];
/// Those that this program can run: all, unless it was built for some.
pub const BUILT: &[&str] = &[
    #[cfg(feature = "user")]
    "user",
    #[cfg(feature = "catalogue")]
    "catalogue",
    #[cfg(feature = "cart")]
    "cart",
    #[cfg(feature = "payment")]
    "payment",
    #[cfg(feature = "shipping")]
    "shipping",
    #[cfg(feature = "ratings")]
    "ratings",
    #[cfg(feature = "dispatch")]
    "dispatch",
    #[cfg(feature = "web")]
    "web",
];
/// The name under which the program itself calls services.
pub const PROGRAM: &str = "shopstack";

/// What services are built with.
pub struct House {
    pub(super) system: SystemContext,
    keys: HashMap<&'static str, SigningKey>,
    callers: ServiceKeys,
    session_keys: KeySet,
    elsewhere: HashMap<&'static str, String>,
    pub(super) started: Vec<Service>,
}

impl House {
    /// A house in which all services live, with keys made for this one run.
    ///
    /// # Errors
    /// When a key cannot be made.
    pub fn of_one_process(system: &SystemContext, session_key: &SigningKey) -> Result<Self, String> {
        let mut keys = HashMap::new();
        for name in SERVICES.iter().chain(&[PROGRAM]) {
            keys.insert(*name, SigningKey::generate(system).map_err(|error| error.to_string())?);
        }
        let callers = ServiceKeys::new(keys.iter().map(|(name, key)| ((*name).to_owned(), key.jwk())), system.clone());
        let session_keys = KeySet::fixed(&JwkSet { keys: vec![session_key.jwk()] });
        Ok(Self { system: system.clone(), keys, callers, session_keys, elsewhere: HashMap::new(), started: vec![] })
    }

    /// A house in which some services live, each with its own key; the others are `elsewhere`, by name and address.
    ///
    /// # Errors
    /// When user's address, where the keys of sessions are, cannot be used.
    pub fn of_some(
        system: &SystemContext,
        keys: HashMap<&'static str, SigningKey>,
        callers: ServiceKeys,
        elsewhere: HashMap<&'static str, String>,
        session_key: Option<&SigningKey>,
    ) -> Result<Self, String> {
        let session_keys = match (session_key, keys.iter().next()) {
            (Some(key), _) => KeySet::fixed(&JwkSet { keys: vec![key.jwk()] }),
            (None, Some((name, key))) => {
                let url = elsewhere.get("user").ok_or("user's address is not known")?;
                let identity = ServiceIdentity::new(name, key.clone(), system.clone());
                KeySet::remote(ServiceClient::new("user", remote(url, system.clone())?, identity))
            }
            (None, None) => return Err("no service is to run here".to_owned()),
        };
        Ok(Self { system: system.clone(), keys, callers, session_keys, elsewhere, started: vec![] })
    }

    /// The foundation of a service that lives here.
    ///
    /// # Errors
    /// When it has no key.
    pub fn service_context(&self, name: &'static str) -> Result<ServiceContext, String> {
        let identity = self.identity(name)?;
        let verifier = Verifier::new(self.session_keys.clone(), self.system.clone());
        Ok(ServiceContext::new(self.system.clone(), name, identity, verifier, self.callers.clone()))
    }

    /// Who `name` is to the others.
    ///
    /// # Errors
    /// When it has no key.
    pub fn identity(&self, name: &'static str) -> Result<ServiceIdentity, String> {
        let key = self.keys.get(name).ok_or_else(|| format!("there is no key of the service {name}"))?;
        Ok(ServiceIdentity::new(name, key.clone(), self.system.clone()))
    }

    /// The way to a service.
    ///
    /// # Errors
    /// When it neither runs here nor is known to be elsewhere.
    pub fn transport(&self, callee: &'static str) -> Result<Transport, String> {
        if let Some(service) = self.started.iter().find(|service| service.name == callee) {
            return Ok(in_process(service.router.clone(), service.tasks.clone()));
        }
        let url = self.elsewhere.get(callee).ok_or_else(|| format!("nobody knows where {callee} is"))?;
        remote(url, self.system.clone())
    }

    /// A client of `callee` that speaks for `caller`.
    ///
    /// # Errors
    /// When there is no way to it.
    pub fn client(&self, caller: &ServiceContext, callee: &'static str) -> Result<ServiceClient, String> {
        Ok(caller.client(callee, self.transport(callee)?))
    }
}
